package stories_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/api/model"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// list is an operation that gives its rows page by page.
type list struct {
	name         string
	op           *model.Operation
	token, limit string // members of the input; limit is "" where the size of a page is fixed
}

// operatorsLists are those that work.
func operatorsLists(t testing.TB) []list {
	t.Helper()
	var lists []list
	operations := operatorsOperations(t)
	for _, name := range inOrder(operations) {
		l := list{name: name, op: operations[name]}
		for _, m := range l.op.Input.Members {
			switch m.Name {
			case "NextToken", "PaginationToken":
				l.token = m.Name
			case "Limit", "MaxResults":
				l.limit = m.Name
			}
		}
		if l.token != "" {
			lists = append(lists, l)
		}
	}
	if len(lists) < 7 {
		t.Fatalf("only %d operations give pages", len(lists))
	}
	return lists
}

// page asks for a page of one row; token is nil for the first.
func (l list) page(o *office, k pool.OperatorKey, s scene, token any) answer {
	o.t.Helper()
	body := s.body(o.t, l.op)
	if l.limit != "" {
		body[l.limit] = 1
	}
	if token != nil {
		body[l.token] = token
	}
	return o.ask(k, l.name, body)
}

// forgeries are tokens that do not open the list; one that is empty is none.
func (l list) forgeries(tokens, foreign map[string]string) map[string]string {
	own := tokens[l.name]
	bad := map[string]string{
		"10 kB": strings.Repeat("A", 10<<10), "no base64": "a+/=", "of nothing": "AAAA", "a quote": `'"\`, "unprintable": "\u202e", "a list's name": l.name,
		"cut": own[:len(own)/2], "longer": own + "A", "twice": own + own,
	}
	for whose, token := range foreign {
		bad[whose] = token
	}
	for name, token := range tokens {
		if name != l.name {
			bad["of "+name] = token
		}
	}
	for i := range own {
		b := []byte(own)
		b[i] ^= 1
		bad[fmt.Sprintf("changed at %d", i)] = string(b)
	}
	return bad
}

// A paging token opens the page that it was given for, and no other, and only
// whole; who is refused sees nothing of any list.
func TestAttackPagingTokens(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		o := openOffice(t, database)
		home, other, elsewhere := o.furnish("home"), o.furnish("other"), openOffice(t, "")
		away := elsewhere.furnish("home")
		second := o.key(pool.OperatorKey{Name: "second", ReadOnly: true})
		bound := o.key(pool.OperatorKey{Name: "bound", Pools: []string{other["UserPoolId"].(string)}})
		lists := operatorsLists(t)
		tokens, foreign := map[string]string{}, map[string]string{} // by list: of home; of other lists, pools and servers
		for _, l := range lists {
			if tokens[l.name] = l.page(o, o.chief, home, nil).text(l.token); tokens[l.name] == "" {
				delete(tokens, l.name)
				t.Logf("%s has no second page: it is tried with the tokens of others alone", l.name)
			}
			foreign["of another server's "+l.name] = l.page(elsewhere, elsewhere.chief, away, nil).text(l.token)
			if l.name != "ListUserPools" {
				foreign["of another pool's "+l.name] = l.page(o, o.chief, other, nil).text(l.token)
			}
		}
		if len(tokens) < 7 {
			t.Fatalf("only %d lists have a second page", len(tokens))
		}
		for _, l := range lists {
			own := tokens[l.name]
			for what, token := range l.forgeries(tokens, foreign) {
				if token != "" {
					l.page(o, o.chief, home, token).refuses(t, l.name+" with a token, "+what, "InvalidParameterException", "Invalid pagination token given.")
				}
			}
			for what, token := range map[string]any{"empty": "", "with a space": own + " ", "with a line": own + "\n", "with NUL": "\x00"} {
				if a := l.page(o, o.chief, home, token); a.status != http.StatusBadRequest || a.text("__type") != "InvalidParameterException" {
					t.Errorf("%s with a token, %s: %d %s", l.name, what, a.status, a.body)
				}
			}
			for what, token := range map[string]any{"a number": 1, "a list": []string{own}, "an object": map[string]any{"a": own}, "true": true} {
				if a := l.page(o, o.chief, home, token); a.status != http.StatusBadRequest || a.text("__type") != "SerializationException" {
					t.Errorf("%s with a token, %s: %d %s", l.name, what, a.status, a.body)
				}
			}
			if own == "" {
				continue
			}
			// A token carries no rights, and needs none beyond those of the list.
			next := l.page(o, o.chief, home, own).ok(t)
			if theirs := l.page(o, second, home, own); theirs.body != next.body {
				t.Errorf("%s: another key's page is %s, want %s", l.name, theirs.body, next.body)
			}
			l.page(o, bound, home, own).refuses(t, l.name, "AccessDeniedException", denied("bound", l.name))
			if l.name != "ListUserPools" && bytes.Contains([]byte(next.body), []byte("other-")) {
				t.Errorf("%s of one pool shows another's: %s", l.name, next.body)
			}
		}
	})
}

// evilTexts end a text, a line, a statement, a filter or a format early, or are
// read from the other side.
func evilTexts() []string {
	return []string{
		"'", `"\`, "';DROP TABLE users;--", "*)(uid=*))(|(uid=*", "%", "\x00", "a\r\nX-Injected: 1", "\u202eabc", "\ufffd",
		"${jndi:ldap://127.0.0.1/a}", "{{.}}{####}", "../../..", strings.Repeat("a", 4096), strings.Repeat("𐍈'", 64), "",
	}
}

// Whatever a text of a call is made of, in any member of any operation, the
// call is answered or refused, and never comes to an error of ours.
func TestAttackTexts(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		o := openOffice(t, database)
		home, tried := o.furnish("home"), 0
		operations := operatorsOperations(t)
		for _, name := range inOrder(operations) {
			op := operations[name]
			for _, path := range texts(op.Input, nil, 0) {
				for _, evil := range evilTexts() {
					body := home.body(t, op)
					plant(t, op.Input, body, path, evil)
					tried++
					if a := o.ask(o.chief, name, body); a.status != http.StatusOK && a.status != http.StatusBadRequest || a.header.Get("X-Injected") != "" {
						t.Errorf("%s with %q as %v: %d %s", name, evil, path, a.status, a.body)
					}
				}
			}
		}
		if tried < 3000 {
			t.Errorf("only %d calls were made", tried)
		}
	})
}

// texts are the paths of all strings in a shape: "[]" is an entry of a list or
// the value of a map, "{}" the key of a map.
func texts(s *model.Shape, path []string, depth int) (paths [][]string) {
	at := func(step string) []string { return append(slices.Clone(path), step) }
	switch {
	case depth > 4:
	case s.Type == model.String:
		paths = append(paths, path)
	case s.Type == model.Structure:
		for _, m := range s.Members {
			paths = append(paths, texts(m.Shape, at(m.Name), depth+1)...)
		}
	case s.Type == model.Map:
		paths = append(paths, at("{}"))
		fallthrough
	case s.Type == model.List:
		paths = append(paths, texts(s.Element, at("[]"), depth+1)...)
	}
	return paths
}

// plant puts a text at a path of a body, and what is required around it.
func plant(t *testing.T, s *model.Shape, in map[string]any, path []string, text string) {
	t.Helper()
	for _, m := range s.Members {
		if m.Name == path[0] {
			in[m.Name] = planted(t, m.Shape, in[m.Name], path[1:], text)
		}
	}
}

func planted(t *testing.T, s *model.Shape, before any, path []string, text string) any {
	t.Helper()
	switch {
	case len(path) == 0:
		return text
	case path[0] == "{}":
		return map[string]any{text: sampleOf(t, s.Element)}
	case s.Type == model.Map:
		return map[string]any{"name": planted(t, s.Element, nil, path[1:], text)}
	case s.Type == model.List:
		return []any{planted(t, s.Element, nil, path[1:], text)}
	}
	members, there := before.(map[string]any)
	if !there {
		members = sampleOf(t, s).(map[string]any)
	}
	plant(t, s, members, path, text)
	return members
}
