package stories_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/api/model"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/store"
)

// canary fits every pattern of a password, code, token or secret.
const canary = "Canary_5f3a9c0b7d1e2f4a6b8c0d"

// secretive says which members can hold a secret, by their names; those of
// things and people cannot.
var secretive = regexp.MustCompile(`Password|Secret$|^ClientSecret|Code$|Token|^Session$`)

// withCanary puts the canary into each member of a call that can hold a secret,
// one that may be left out too; planted is how many there are.
func withCanary(op *model.Operation, body map[string]any) (out map[string]any, planted int) {
	out = maps.Clone(body)
	for _, m := range op.Input.Members {
		if m.Shape.Type == model.String && secretive.MatchString(m.Name) && m.Name != "NextToken" && m.Name != "PaginationToken" {
			out[m.Name] = canary
			planted++
		}
	}
	for member, inside := range map[string]map[string]any{
		"AuthParameters":     {"PASSWORD": canary, "SECRET_HASH": canary, "REFRESH_TOKEN": canary},
		"ChallengeResponses": {"NEW_PASSWORD": canary, "SECRET_HASH": canary},
	} {
		if given, there := out[member].(map[string]any); there {
			filled := maps.Clone(given)
			maps.Copy(filled, inside)
			out[member] = filled
			planted++
		}
	}
	return out, planted
}

// Whatever an operator or a person sends that is secret, and whatever they type
// into the wrong field: none of it is in the audit trail, nor in the clear
// anywhere else in the ledger.
func TestAttackSecretsInTheTrail(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/house.db"
	o := openOffice(t, "sqlite:"+file)
	home := o.furnish("home")
	operations, planted, done := workingOperations(t), 0, 0
	for _, name := range inOrder(operations) {
		if strings.HasPrefix(name, "Delete") || strings.HasPrefix(name, "AdminDelete") {
			continue
		}
		body, n := withCanary(operations[name], home.body(t, operations[name]))
		a := o.ask(o.chief, name, body)
		if a.status >= 500 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if planted += n; n > 0 && a.status == http.StatusOK {
			done++
		}
	}
	in := func(members map[string]any) map[string]any {
		members["UserPoolId"] = home["UserPoolId"]
		return members
	}
	o.does("AdminCreateUser", in(map[string]any{"Username": "invited", "TemporaryPassword": canary, "MessageAction": "SUPPRESS"}))
	o.does("AdminSetUserPassword", in(map[string]any{"Username": "invited", "Password": canary, "Permanent": true}))
	o.does("CreateIdentityProvider", in(map[string]any{"ProviderName": "Google", "ProviderType": "Google", "ProviderDetails": map[string]string{"client_id": "c", "client_secret": canary, "authorize_scopes": "openid"}}))
	made := o.does("CreateUserPoolClient", in(map[string]any{"ClientName": "secretive", "GenerateSecret": true})).json["UserPoolClient"].(map[string]any)
	o.does("AddUserPoolClientSecret", in(map[string]any{"ClientId": made["ClientId"], "ClientSecret": canary}))
	plain := o.does("CreateUserPoolClient", in(map[string]any{"ClientName": "plain", "ExplicitAuthFlows": []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}})).json["UserPoolClient"].(map[string]any)["ClientId"]
	typed := map[string]any{"ClientId": plain, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": map[string]string{"USERNAME": canary, "PASSWORD": canary}}
	o.ask(o.chief, "AdminInitiateAuth", in(typed)).refuses(t, "a password in the field of the name", "UserNotFoundException", nobody)
	o.ask(o.chief, "AdminGetUser", in(map[string]any{"Username": canary}))
	o.ask(o.chief, "AdminDisableUser", in(map[string]any{"Username": canary}))
	if planted < 15 || done < 2 {
		t.Errorf("the canary was in %d members, and %d calls with it came through", planted, done)
	}
	events := append(trailOf(t, o.house, home["UserPoolId"].(string)), trailOf(t, o.house, "")...)
	secret := made["ClientSecret"].(string)
	for _, e := range events {
		text, err := json.Marshal(e)
		must(t, err)
		for what, value := range map[string]string{"the canary": canary, "a password": strongOne, "a client secret": secret, "a key's secret": o.chief.Secret.Reveal()} {
			if strings.Contains(fmt.Sprintf("%+v %s", e, text), value) {
				t.Errorf("%s is in %+v", what, e)
			}
		}
	}
	if len(events) < 40 {
		t.Errorf("the trail has %d events", len(events))
	}
	for _, name := range []string{file, file + "-wal"} {
		dump, err := os.ReadFile(name)
		must(t, err)
		if at := bytes.Index(dump, []byte(canary)); at >= 0 {
			t.Errorf("%s has the canary: %q", name, dump[max(0, at-200):at+40])
		}
	}
}

// Every change by an operator is recorded once, with who and from where and what
// and without a value; what a key may not do is recorded too, and what only
// reads is not.
func TestAttackUnrecordedChanges(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "")
	home := o.furnish("home")
	reader := o.key(pool.OperatorKey{Name: "reader", ReadOnly: true})
	id := home["UserPoolId"].(string)
	events := func() int { return len(trailOf(t, o.house, id)) + len(trailOf(t, o.house, "")) }
	operations := operatorsOperations(t)
	for _, name := range inOrder(operations) {
		body, before := home.body(t, operations[name]), events()
		o.ask(reader, name, body)
		want := 0
		if !onlyReads(name) {
			want = 1
		}
		if got := events() - before; got != want {
			t.Errorf("%s by a key that only reads left %d events, want %d", name, got, want)
		}
		before = events()
		a := o.ask(o.chief, name, body)
		if got := events() - before; onlyReads(name) && got != 0 || !onlyReads(name) && a.status == http.StatusOK && got != 1 {
			t.Errorf("%s by the chief (%d) left %d events", name, a.status, got)
		}
	}
	house, changed := trailOf(t, o.house, ""), map[string]pool.Event{}
	for _, e := range house {
		changed[e.Operation] = e
		if e.Reason == pool.ReasonDenied && (e.Operator.Name != "reader" || e.Result != pool.Refused || e.From.IP == "") {
			t.Errorf("a refused call is told as %+v", e)
		}
	}
	gone := changed["DeleteUserPool"]
	if gone.Target["UserPoolId"] != id || gone.Operator.Name != "chief" || gone.Operator.Key != o.chief.ID || fmt.Sprint(gone.Members) != "[UserPoolId]" {
		t.Errorf("the deleted pool is told as %+v", gone)
	}
	// The pool is gone, and with it what it had.
	must(t, only(o.house.DB.SweepDropped(t.Context(), o.house.Now().UnixMilli(), 10_000)))
	if left := trailOf(t, o.house, id); len(left) != 0 {
		t.Errorf("the deleted pool left %d events", len(left))
	}
}

// An account that is deleted, by its owner or by an operator, leaves its events:
// under its sub, and without its name.
func TestAttackEventsByDeletingTheAccount(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h, ctx := audited(t, database), t.Context()
		c := sdk(h)
		for _, who := range []struct {
			name string
			goes func(access *string) error
		}{
			{ann, func(access *string) error { return only(c.DeleteUser(ctx, &cip.DeleteUserInput{AccessToken: access})) }},
			{bob, func(*string) error {
				return only(c.AdminDeleteUser(ctx, &cip.AdminDeleteUserInput{UserPoolId: poolID(), Username: aws.String(bob)}))
			}},
		} {
			h.SignUp(h.Browser(), housetest.Ask(), who.name, rightOne)
			in, err := entered(ctx, c, who.name, rightOne)
			must(t, err)
			sub := trailOf(t, h, housetest.PoolID)
			subject := sub[len(sub)-1].Subject
			must(t, who.goes(in.AccessToken))
			left := trailOf(t, h, housetest.PoolID)
			if len(left) != len(sub)+1 || left[len(left)-1].Subject != subject || !pool.LikeSub(subject) {
				t.Errorf("%s went: %d events became %d, the last is %+v", who.name, len(sub), len(left), left[len(left)-1])
			}
			text, err := json.Marshal(left)
			must(t, err)
			if strings.Contains(fmt.Sprintf("%+v %s", left, text), who.name) {
				t.Errorf("the trail has the name %s", who.name)
			}
		}
	})
}

// A key that only reads reads events and gives no feedback; one that is bound to
// a pool reads its events alone.
func TestAttackEventsByKey(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "")
	open := func(name string) map[string]any {
		id := o.does("CreateUserPool", map[string]any{"PoolName": name, "UserPoolAddOns": map[string]any{"AdvancedSecurityMode": "AUDIT"}}).json["UserPool"].(map[string]any)["Id"]
		client := o.does("CreateUserPoolClient", map[string]any{"UserPoolId": id, "ClientName": name, "ExplicitAuthFlows": []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}).json["UserPoolClient"].(map[string]any)["ClientId"]
		o.does("AdminCreateUser", map[string]any{"UserPoolId": id, "Username": "ann", "MessageAction": "SUPPRESS"})
		o.does("AdminSetUserPassword", map[string]any{"UserPoolId": id, "Username": "ann", "Password": strongOne, "Permanent": true})
		o.does("AdminInitiateAuth", map[string]any{"UserPoolId": id, "ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": map[string]string{"USERNAME": "ann", "PASSWORD": strongOne}})
		return map[string]any{"UserPoolId": id, "Username": "ann"}
	}
	mine, theirs := open("mine"), open("theirs")
	reader := o.key(pool.OperatorKey{Name: "reader", ReadOnly: true})
	bound := o.key(pool.OperatorKey{Name: "bound", Pools: []string{mine["UserPoolId"].(string)}})
	listed := func(a answer) string {
		t.Helper()
		events := a.ok(t).json["AuthEvents"].([]any)
		if len(events) != 1 {
			t.Fatalf("the events are %v", events)
		}
		return events[0].(map[string]any)["EventId"].(string)
	}
	event := listed(o.ask(reader, "AdminListUserAuthEvents", mine))
	other := listed(o.does("AdminListUserAuthEvents", theirs))
	verdict := set(set(mine, "EventId", event), "FeedbackValue", "Valid")
	o.ask(reader, "AdminUpdateAuthEventFeedback", verdict).refuses(t, "feedback by who only reads", "AccessDeniedException", denied("reader", "AdminUpdateAuthEventFeedback"))
	listed(o.ask(bound, "AdminListUserAuthEvents", mine))
	o.ask(bound, "AdminListUserAuthEvents", theirs).refuses(t, "another pool's events", "AccessDeniedException", denied("bound", "AdminListUserAuthEvents"))
	o.ask(bound, "AdminUpdateAuthEventFeedback", set(verdict, "EventId", other)).refuses(t, "feedback on another pool's event", "ResourceNotFoundException", "Event "+other+" does not exist.")
	o.ask(bound, "AdminUpdateAuthEventFeedback", verdict).ok(t)
	token := o.house.FeedbackToken(mine["UserPoolId"].(string), event)
	o.ask(bound, "UpdateAuthEventFeedback", set(set(set(theirs, "EventId", event), "FeedbackValue", "Valid"), "FeedbackToken", token)).refuses(t, "a token in another pool", unauthorized, "Invalid feedback token.")
}

// Who is refused again and again, under one name or many, does not fill the
// disk: the same is counted in one row, and of many no more than a number is
// kept. Others are told apart all the while.
func TestAttackFloodOfRefusals(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: errandDocument(t)})
		seen := len(trailOf(t, h, housetest.PoolID))
		counts := func() (rows int, refusals int64) {
			all := trailOf(t, h, housetest.PoolID)[seen:]
			for _, e := range all {
				refusals += e.Count
				if len(e.From.UserAgent) > 256 {
					t.Errorf("a User-Agent of %d bytes was kept", len(e.From.UserAgent))
				}
			}
			return len(all), refusals
		}
		code := func(string) {
			call(t, h, "/oauth2/token", "", "grant_type", "authorization_code", "client_id", housetest.ClientID, "redirect_uri", housetest.Callback, "code", "made-up")
		}
		ask := func(source string) func(name string) {
			return func(name string) {
				r := operationRequest(t, h, "InitiateAuth", false, map[string]any{"AuthFlow": "USER_AUTH", "ClientId": legacyApp, "AuthParameters": map[string]string{"USERNAME": name}})
				r.RemoteAddr = source + ":1"
				r.Header.Set("User-Agent", strings.Repeat("agent ", 1000))
				w := httptest.NewRecorder()
				h.Handler().ServeHTTP(w, r)
				if !strings.Contains(w.Body.String(), "UserNotFoundException") {
					t.Fatalf("answered %d %s", w.Code, w.Body)
				}
			}
		}
		times := func(n int, do func(name string)) {
			for i := range n {
				do(fmt.Sprintf("stranger%d@example.com", i))
			}
		}
		nextWindow(h)
		times(50, code)
		if rows, refusals := counts(); rows != 1 || refusals != 50 {
			t.Errorf("50 made-up codes are %d rows that count %d", rows, refusals)
		}
		times(pool.FloodLimit+100, ask("127.0.0.1"))
		if rows, refusals := counts(); rows != 1+pool.FloodLimit+100 || refusals != 50+pool.FloodLimit+100 {
			t.Errorf("%d names from one source are %d rows that count %d", pool.FloodLimit+100, rows, refusals)
		}
		before, _ := counts()
		times(3, ask("127.0.0.2"))
		if after, _ := counts(); after != before+3 {
			t.Errorf("three names from another source are %d rows", after-before)
		}
		// More names than have rows of their own: they share the rest, 64 rows.
		more := pool.FloodLimit + pool.FloodStrangers + 300
		times(more, ask("127.0.0.1"))
		rows, refusals := counts()
		if most := 1 + 3 + pool.FloodLimit + pool.FloodStrangers + 64; rows > most || refusals != int64(50+pool.FloodLimit+100+3+more) {
			t.Errorf("%d names more are %d rows that count %d", more, rows, refusals)
		}
		// A made-up code is about nobody: of it the source is kept.
		call(t, h, "/oauth2/token", "", "grant_type", "refresh_token", "client_id", housetest.ClientID, "refresh_token", "stale")
		all := trailOf(t, h, housetest.PoolID)
		if e := all[len(all)-1]; e.Reason != pool.ReasonFlood || e.Kind != pool.EventToken || e.Subject != "" || e.From.IP != "127.0.0.1" {
			t.Errorf("a refusal about nobody is told as %+v", e)
		}
	})
}

// nextWindow begins a window of the trail: what follows falls into that one.
func nextWindow(h *housetest.House) {
	h.Advance(pool.EventWindow - time.Duration(h.Now().UnixMilli()%pool.EventWindow.Milliseconds())*time.Millisecond)
}

// guess tries a password from an address.
func guess(t *testing.T, h *housetest.House, source, client, name, password string) {
	t.Helper()
	r := operationRequest(t, h, "InitiateAuth", false, map[string]any{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client, "AuthParameters": map[string]string{"USERNAME": name, "PASSWORD": password}})
	r.RemoteAddr = source + ":1"
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "NotAuthorizedException") {
		t.Fatalf("answered %d %s", w.Code, w.Body)
	}
}

// Whoever makes noise first does not hide the guesses that follow: they are in the
// trail of the account, and in that of a name that nobody has, at the same cost.
func TestAttackGuessesBehindAFlood(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := audited(t, database)
		c := sdk(h)
		h.SignUp(h.Browser(), housetest.Ask(), ann, rightOne)
		nextWindow(h)
		for i := range pool.FloodLimit {
			guess(t, h, "127.0.0.9", housetest.ClientID, fmt.Sprintf("noise%d@example.com", i), "x")
		}
		cost := func(name string) store.Cost {
			before := h.DB.Cost()
			guess(t, h, "127.0.0.9", housetest.ClientID, name, "guess1234")
			spent := h.DB.Cost().Since(before)
			spent.Read = 0 // an account is a row that is read
			return spent
		}
		for n := range int64(3) {
			if known, unknown := cost(ann), cost("nobody@example.com"); known != unknown || known.Events != 1 {
				t.Errorf("guess %d costs %+v, and with no account %+v", n+1, known, unknown)
			}
			all := trailOf(t, h, housetest.PoolID)
			for i, name := range []string{ann, "nobody@example.com"} {
				if e := all[len(all)-2+i]; e.Reason != pool.ReasonFlood || e.Count != n+1 || e.Subject == "" || pool.UnknownSubject(e.Subject) != (name != ann) {
					t.Errorf("guess %d at %s is told as %+v", n+1, name, e)
				}
			}
		}
		out, err := c.AdminListUserAuthEvents(t.Context(), &cip.AdminListUserAuthEventsInput{UserPoolId: poolID(), Username: aws.String(ann)})
		must(t, err)
		if e := out.AuthEvents[0]; e.EventType != types.EventTypeSignIn || e.EventResponse != types.EventResponseTypeFail {
			t.Errorf("the API shows the guesses as %+v", e)
		}
	})
}

// More names than can have rows: for one of them "nothing was tried" is not said.
func TestAttackWhyBehindAFlood(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ledger := server.Ledger{Database: "sqlite:" + dir + "/house.db", MasterKeyFile: dir + "/key", Log: slog.New(slog.DiscardHandler)}
	h := housetest.Start(t, housetest.Config{Database: ledger.Database, KeyFile: ledger.MasterKeyFile, Document: errandDocument(t)})
	nextWindow(h)
	why := func(name string) server.Standing {
		t.Helper()
		who, err := server.Why(t.Context(), ledger, housetest.PoolID, name)
		must(t, err)
		return who
	}
	if who := why("nobody@example.com"); len(who.Events)+len(who.Drowned) != 0 {
		t.Errorf("before it all: %+v", who)
	}
	for i := range pool.FloodLimit + pool.FloodStrangers {
		at := h.Now()
		must(t, h.DB.Events.Add(t.Context(), pool.Event{
			UserPoolID: housetest.PoolID, ID: pool.NewEventID(at), At: at.UnixMilli(), Kind: pool.EventSignIn, Result: pool.Refused, From: pool.Device{IP: "127.0.0.9"},
			Subject: pool.OwnerOf([]byte("noise"), housetest.PoolID, pool.Name{Kind: pool.NameEmail, Folded: fmt.Sprint(i)}),
		}))
	}
	guess(t, h, "127.0.0.9", housetest.ClientID, "nobody@example.com", "x")
	if who := why("nobody@example.com"); len(who.Events) != 0 || len(who.Drowned) != 1 || who.Drowned[0].Reason != pool.ReasonFlood {
		t.Errorf("a name among many is told as %+v", who)
	}
}

// Calls that nobody signed, and the same refusal again and again, leave the trail
// of everybody else as it is: of a pool, and of operators with a key.
func TestAttackBlindingTheTrail(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "")
	h := o.house
	id := o.does("CreateUserPool", map[string]any{"PoolName": "p"}).json["UserPool"].(map[string]any)["Id"].(string)
	client := o.does("CreateUserPoolClient", map[string]any{"UserPoolId": id, "ClientName": "c", "ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}).json["UserPoolClient"].(map[string]any)["ClientId"].(string)
	o.does("AdminCreateUser", map[string]any{"UserPoolId": id, "Username": "ann", "MessageAction": "SUPPRESS"})
	o.does("AdminSetUserPassword", map[string]any{"UserPoolId": id, "Username": "ann", "Password": strongOne, "Permanent": true})
	reader := o.key(pool.OperatorKey{Name: "reader", ReadOnly: true})
	nextWindow(h)
	unsigned := func(source, operation string) {
		t.Helper()
		r := operationRequest(t, h, operation, false, map[string]any{"UserPoolId": id})
		r.RemoteAddr = source
		w := httptest.NewRecorder()
		h.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
	}
	seen, before := len(trailOf(t, h, "")), h.DB.Cost()
	for s := range 25 {
		for range pool.FloodLimit {
			unsigned(fmt.Sprintf("[2001:db8:0:%x::1]:1", s), "DescribeUserPool")
		}
	}
	// 200 calls are written when they are 1, 2, 4, … 128.
	if cost := h.DB.Cost().Since(before); cost.Events != 25*8 {
		t.Errorf("%d calls that nobody signed wrote %d times", 25*pool.FloodLimit, cost.Events)
	}
	house := trailOf(t, h, "")[seen:]
	for _, e := range house {
		if e.Count != 128 || e.Operation != "DescribeUserPool" || e.From.IP == "" {
			t.Errorf("200 calls are told as %+v", e)
		}
	}
	if len(house) != 25 {
		t.Errorf("25 sources are %d rows", len(house))
	}
	unsigned("[2001:db8:0:1::1]:1", "DeleteUserPool")
	if all := trailOf(t, h, ""); all[len(all)-1].Operation != "DeleteUserPool" {
		t.Errorf("another call of that source is told as %+v", all[len(all)-1])
	}
	for range pool.FloodLimit {
		r := operationRequest(t, h, "GetTokensFromRefreshToken", false, map[string]any{"ClientId": client, "RefreshToken": "stale"})
		r.RemoteAddr = "198.51.100.7:1"
		h.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	guess(t, h, "198.51.100.7", client, "ann", "mistyped1")
	all := trailOf(t, h, id)
	if e := all[len(all)-1]; !pool.LikeSub(e.Subject) || e.From.IP != "198.51.100.7" || e.Client != client || e.Reason != pool.ReasonPassword {
		t.Errorf("a mistyped password is told as %+v", e)
	}
	if e := all[len(all)-2]; e.Count != pool.FloodLimit {
		t.Errorf("the same refusal again and again is told as %+v", e)
	}
	o.ask(reader, "AdminDeleteUser", map[string]any{"UserPoolId": id, "Username": "ann"}).refuses(t, "a key that only reads", "AccessDeniedException", denied("reader", "AdminDeleteUser"))
	all = trailOf(t, h, "")
	if e := all[len(all)-1]; e.Operation != "AdminDeleteUser" || e.Target["UserPoolId"] != id || e.Operator.Key != reader.ID || e.Reason != pool.ReasonDenied {
		t.Errorf("what a key may not do is told as %+v", e)
	}
}

// What a browser says of itself, and what is typed, ends no line of the log and
// of the trail, and gives no orders to a terminal (the command's own test shows
// what it prints).
func TestAttackLogInjection(t *testing.T) {
	t.Parallel()
	var log logBuffer
	h := housetest.Start(t, housetest.Config{Log: &log})
	hostile := "Mozilla\x1b[2J\x1b]0;owned\x07\u202e\u009b31m \"}\\n{\"event\":\"forged\""
	r := operationRequest(t, h, "InitiateAuth", false, map[string]any{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": housetest.ClientID, "AuthParameters": map[string]string{"USERNAME": "ann\u202e\u009b31m\u2028{}", "PASSWORD": "x"}})
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("User-Agent", hostile)
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || log.String() == "" {
		t.Fatalf("answered %d %s, the log has %q", w.Code, w.Body, log.String())
	}
	if strings.ContainsAny(log.String(), "\x1b\x07\u202e\u009b\u2028") {
		t.Error("the log has what was sent")
	}
	trail := trailOf(t, h, housetest.PoolID)
	if len(trail) == 0 {
		t.Error("the trail has nothing of it")
	}
	for _, e := range trail {
		if text := fmt.Sprintf("%+v", e); strings.Contains(text, "ann") {
			t.Errorf("the trail has the name that was typed: %s", text)
		}
	}
}

// Nobody learns from feedback who or what there is.
func TestAttackFeedbackByStrangers(t *testing.T) {
	t.Parallel()
	h := audited(t, "")
	h.SignUp(h.Browser(), housetest.Ask(), ann, rightOne)
	ctx, c, seen := t.Context(), sdk(h), trailOf(t, h, housetest.PoolID)
	event := seen[len(seen)-1].ID
	for _, name := range []string{ann, "nobody@example.com"} {
		for _, id := range []string{event, anyEvent} {
			for _, token := range []string{"made-up", h.FeedbackToken(otherPool, id), h.FeedbackToken(housetest.PoolID, id)[1:]} {
				refused(t, only(c.UpdateAuthEventFeedback(ctx, &cip.UpdateAuthEventFeedbackInput{UserPoolId: poolID(), Username: &name, EventId: &id, FeedbackToken: &token, FeedbackValue: types.FeedbackValueTypeValid})),
					unauthorized, "Invalid feedback token.")
			}
		}
	}
	if after := trailOf(t, h, housetest.PoolID); len(after) != len(seen) {
		t.Errorf("strangers added %d events", len(after)-len(seen))
	}
}
