package stories_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// A key bound to a pool is refused at every other, one that exists and one that
// does not, in the same words, and whatever names no pool it may not do.
func TestAttackBoundKey(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		o := openOffice(t, database)
		home, other := o.furnish("home"), o.furnish("other")
		bound := o.key(pool.OperatorKey{Name: "bound", Pools: []string{home["UserPoolId"].(string)}})
		before := o.inventory(other)
		for name, op := range operatorsOperations(t) {
			body := home.body(t, op)
			asks := map[string]map[string]any{"another pool's": other.body(t, op), "an invented pool's": nowhere().body(t, op)}
			for place := range placesOf(body) {
				asks["its own things at another's "+place] = set(body, place, other[place])
				asks["its own things at an invented "+place] = set(body, place, nowhere()[place])
				asks["nothing as "+place] = set(body, place, nil)
				asks["two of "+place] = set(body, place, fmt.Sprint(home[place], other[place]))
			}
			if len(placesOf(body)) == 0 {
				asks["its own"] = body
			}
			for what, ask := range asks {
				var a answer
				if rows := o.rows(func() { a = o.ask(bound, name, ask) }); rows != 0 {
					t.Errorf("%s at %s has written %d rows", name, what, rows)
				}
				a.refuses(t, name+", "+what, "AccessDeniedException", denied("bound", name))
			}
		}
		if after := o.inventory(other); after != before {
			t.Errorf("another pool was\n%s\nand is\n%s", before, after)
		}
	})
}

// placesOf are the members of a body that say which pool it is about.
func placesOf(body map[string]any) map[string]bool {
	places := map[string]bool{}
	for _, name := range []string{"UserPoolId", "ResourceArn"} {
		if body[name] != nil {
			places[name] = true
		}
	}
	return places
}

// set is a body with another value of a member, or without it.
func set(body map[string]any, member string, value any) map[string]any {
	out := maps.Clone(body)
	out[member] = value
	if value == nil {
		delete(out, member)
	}
	return out
}

// A key that names its own pool, and in it another pool's client, user, group
// or session, hears what it hears of one that nobody made.
func TestAttackThingsOfAnotherPool(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		o := openOffice(t, database)
		home, other, invented := o.furnish("home"), o.furnish("other"), nowhere()
		bound := o.key(pool.OperatorKey{Name: "bound", Pools: []string{home["UserPoolId"].(string)}})
		before, tried := o.inventory(other), 0
		operations := operatorsOperations(t)
		for _, name := range inOrder(operations) {
			body := home.body(t, operations[name])
			if body["UserPoolId"] == nil || name == "CreateUserPoolDomain" { // a domain is one for everybody, as in DNS: who asks for a taken one is told so
				continue
			}
			for member := range body {
				if member == "UserPoolId" || other[member] == nil || fmt.Sprint(other[member]) == fmt.Sprint(invented[member]) {
					continue
				}
				tried++
				theirs, nobodys := o.ask(bound, name, set(body, member, other[member])), o.ask(bound, name, set(body, member, invented[member]))
				if theirs.status >= 500 || masked(theirs, other) != masked(nobodys, invented) {
					t.Errorf("%s with another pool's %s: %d %s; with an invented one: %d %s", name, member, theirs.status, theirs.body, nobodys.status, nobodys.body)
				}
			}
		}
		if after := o.inventory(other); after != before || tried < 30 {
			t.Errorf("after %d calls another pool was\n%s\nand is\n%s", tried, before, after)
		}
	})
}

// masked is an answer with the names of a scene, ids, addresses and times made
// alike.
func masked(a answer, s scene) string {
	text := fmt.Sprint(a.status, " ", a.body)
	for name, value := range s {
		if value, ok := value.(string); ok && len(value) > 4 {
			text = strings.ReplaceAll(text, value, "<"+name+">")
		}
	}
	text = regexp.MustCompile(`Date":[0-9.]+`).ReplaceAllString(text, `Date":0`)
	text = regexp.MustCompile(`"10\.\d+\.\d+\.\d+"`).ReplaceAllString(text, `<address>`) // each call has another
	text = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(text, "<uuid>")
	return text
}

// A body that names two pools in ways that two readers could take differently
// is read in one way, by who checks and by who acts.
func TestAttackTwoPoolsInOneCall(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		o := openOffice(t, database)
		home, other := o.furnish("home"), o.furnish("other")
		bound := o.key(pool.OperatorKey{Name: "bound", Pools: []string{home["UserPoolId"].(string)}})
		before := o.inventory(other)
		mine, theirs := home["UserPoolId"].(string), other["UserPoolId"].(string)
		for name, op := range operatorsOperations(t) {
			rest := other.body(t, op)
			if len(placesOf(rest)) == 0 {
				continue
			}
			delete(rest, "UserPoolId")
			tail, err := json.Marshal(rest)
			must(t, err)
			for _, head := range []string{
				`"UserPoolId":"` + mine + `","UserPoolId":"` + theirs + `"`, `"UserPoolId":"` + theirs + `","UserPoolId":"` + mine + `"`,
				`"UserPoolId":"` + mine + `","userPoolId":"` + theirs + `"`, `"userpoolid":"` + theirs + `","UserPoolId":"` + mine + `"`,
				`"UserPoolId":"` + mine + `","USERPOOLID":"` + theirs + `","UserPool\u0049d":"` + theirs + `"`,
				`"UserPoolId":"` + mine + `","ResourceArn":"` + fmt.Sprint(home["ResourceArn"]) + `:userpool/` + theirs + `"`,
				`"ResourceArn":"` + fmt.Sprint(home["ResourceArn"]) + `","UserPoolId":"` + theirs + `"`,
				`"UserPoolId":["` + mine + `"]`, `"UserPoolId":null`, `"UserPoolId":{"` + mine + `":1}`, `"UserPoolId":"` + mine + `\u0000"`, `"UserPoolId":" ` + mine + `"`, `"UserPoolId":"` + strings.ToLower(mine) + `"`,
			} {
				for _, body := range []string{"{" + head + "," + string(tail[1:]), string(tail[:len(tail)-1]) + "," + head + "}"} {
					if len(rest) == 0 {
						body = "{" + head + "}"
					}
					a := o.send(letter{key: bound, operation: name, body: []byte(body)})
					if a.status >= 500 || a.status == http.StatusOK && strings.Contains(a.body, theirs) {
						t.Errorf("%s with %s: %d %s", name, body, a.status, a.body)
					}
				}
			}
		}
		if after := o.inventory(other); after != before {
			t.Errorf("another pool was\n%s\nand is\n%s", before, after)
		}
	})
}

// inventory is all that the chief can read of a pool, and what is not there.
func (o *office) inventory(s scene) string {
	o.t.Helper()
	operations := operatorsOperations(o.t)
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		if body := s.body(o.t, operations[name]); onlyReads(name) && name != "ListUserPools" {
			a := o.ask(o.chief, name, body)
			lines = append(lines, fmt.Sprint(name, ": ", a.status, " ", a.body))
		}
	}
	return strings.Join(lines, "\n")
}
