package stories_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// The attacks of this file and its neighbours try each operation of operators
// that works, one that is added later by itself.

// onlyReads says by its name whether an operation changes nothing.
func onlyReads(operation string) bool {
	return regexp.MustCompile(`^(Admin)?(Get|List)|^Describe`).MatchString(operation)
}

func denied(key, operation string) string {
	return "User: arn:aws:iam::000000000000:user/" + key + " is not authorized to perform: cognito-idp:" + operation + " because no identity-based policy allows the cognito-idp:" + operation + " action"
}

// A key that only reads reads what every key reads, and nothing that it asks
// for beyond that leaves a trace.
func TestAttackReadOnlyKey(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		o := openOffice(t, database)
		home := o.furnish("home")
		reader := o.key(pool.OperatorKey{Name: "reader", ReadOnly: true})
		operations := operatorsOperations(t)
		for name, op := range operations {
			body := home.body(t, op)
			if onlyReads(name) {
				if mine, theirs := o.ask(o.chief, name, body), o.ask(reader, name, body); mine.status >= 500 || theirs.body != mine.body {
					t.Errorf("%s: who only reads is answered %d %s, the chief %d %s", name, theirs.status, theirs.body, mine.status, mine.body)
				}
				continue
			}
			var a answer
			if rows := o.rows(func() { a = o.ask(reader, name, body) }); rows != 0 {
				t.Errorf("%s by a key that only reads has written %d rows", name, rows)
			}
			a.refuses(t, name, "AccessDeniedException", denied("reader", name))
		}
		// The same calls of the chief come through: it was the key that was refused.
		done := 0
		for _, name := range inOrder(operations) {
			if a := o.ask(o.chief, name, home.body(t, operations[name])); a.status == http.StatusOK {
				done++
			} else if strings.Contains(a.body, "validation error") || strings.Contains(a.body, "AccessDenied") || a.status != http.StatusBadRequest {
				t.Errorf("%s by the chief: %d %s", name, a.status, a.body)
			}
		}
		if done < 30 {
			t.Errorf("only %d of %d calls of the chief have done something", done, len(operations))
		}
	})
}

// inOrder lists operations so that what deletes comes last.
func inOrder[T any](operations map[string]T) []string {
	var names []string
	for name := range operations {
		names = append(names, name)
	}
	late := func(name string) int {
		switch {
		case name == "DeleteUserPool":
			return 2
		case strings.Contains(name, "Delete"):
			return 1
		}
		return 0
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := late(a) - late(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return names
}

// Who does not sign, or signs something else, or with something else, does
// nothing at all, whatever the operation.
func TestAttackForgedCalls(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "")
	home := o.furnish("home")
	other, gone := o.key(pool.OperatorKey{Name: "other"}), o.key(pool.OperatorKey{Name: "gone"})
	must(t, o.house.DB.OperatorKeys.Delete(t.Context(), gone.ID))
	const bad, missing, unknown, partial = "InvalidSignatureException", "MissingAuthenticationTokenException", "UnrecognizedClientException", "IncompleteSignatureException"
	stranger := pool.OperatorKey{ID: pool.NewAccessKeyID(), Secret: pool.NewSecretAccessKey()}
	forgeries := map[string]struct {
		want   string
		change func(*letter)
	}{
		"no signature":          {missing, func(l *letter) { l.unsigned = true }},
		"a key of nobody":       {unknown, func(l *letter) { l.key = stranger }},
		"a revoked key":         {unknown, func(l *letter) { l.key = gone }},
		"another key's secret":  {bad, func(l *letter) { l.key.Secret = other.Secret }},
		"no secret":             {bad, func(l *letter) { l.key.Secret = "" }},
		"another service":       {bad, func(l *letter) { l.service = "cognito-identity" }},
		"a service of IAM":      {bad, func(l *letter) { l.service = "iam" }},
		"another region":        {bad, func(l *letter) { l.region = "eu-west-1" }},
		"ten minutes ago":       {bad, func(l *letter) { l.at = o.house.Now().Add(-10 * time.Minute) }},
		"in ten minutes":        {bad, func(l *letter) { l.at = o.house.Now().Add(10 * time.Minute) }},
		"another host":          {bad, func(l *letter) { l.then = func(r *http.Request) { r.Host = "elsewhere.example.com" } }},
		"another address":       {bad, func(l *letter) { l.then = func(r *http.Request) { r.URL.RawQuery = "a=b" } }},
		"another date":          {bad, func(l *letter) { l.then = func(r *http.Request) { r.Header.Set("X-Amz-Date", "20200101T000000Z") } }},
		"a session token":       {unknown, func(l *letter) { l.token = "x" }},
		"an added token":        {bad, func(l *letter) { l.then = func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") } }},
		"an unsigned target":    {bad, func(l *letter) { l.then = cutSigned("x-amz-target") }},
		"an unsigned host":      {bad, func(l *letter) { l.then = cutSigned("host") }},
		"a bearer token":        {partial, func(l *letter) { l.then = func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") } }},
		"signed in the address": {missing, func(l *letter) { l.then = presigned }},
	}
	for name, op := range operatorsOperations(t) {
		body, err := json.Marshal(home.body(t, op))
		must(t, err)
		for what, forgery := range forgeries {
			l := letter{key: o.chief, operation: name, body: body}
			forgery.change(&l)
			o.refuses(what, name, forgery.want, l)
		}
		if name != "ListGroups" {
			l := letter{key: o.chief, operation: "ListGroups", body: body}
			l.then = func(r *http.Request) { r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+name) }
			o.refuses("signed for another call", name, bad, l)
		}
	}
}

// refuses demands an exception, and that nothing is written.
func (o *office) refuses(what, operation, exception string, l letter) {
	o.t.Helper()
	var a answer
	if rows := o.rows(func() { a = o.send(l) }); rows != 0 || a.status != http.StatusBadRequest || a.text("__type") != exception {
		o.t.Errorf("%s, %s: %d %s with %d rows written, want %s", operation, what, a.status, a.body, rows, exception)
	}
}

// cutSigned takes a header out of those that the signature covers.
func cutSigned(header string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.NewReplacer(";"+header, "", header+";", "").Replace(r.Header.Get("Authorization")))
	}
}

// presigned moves a signature into the query, where other services of AWS take
// it.
func presigned(r *http.Request) {
	q := r.URL.Query()
	q.Set("X-Amz-Algorithm", "AWS4-HMAC-SHA256")
	for _, part := range strings.Split(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "), ", ") {
		name, value, _ := strings.Cut(part, "=")
		q.Set("X-Amz-"+name, value)
	}
	r.URL.RawQuery = q.Encode()
	r.Header.Del("Authorization")
}
