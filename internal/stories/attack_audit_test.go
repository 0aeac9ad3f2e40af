package stories_test

import (
	"bytes"
	"encoding/json"
	"fmt"
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
		h.Advance(pool.EventWindow - time.Duration(h.Now().UnixMilli()%pool.EventWindow.Milliseconds())*time.Millisecond) // all of it falls into one window
		times(50, code)
		if rows, refusals := counts(); rows != 1 || refusals != 50 {
			t.Errorf("50 made-up codes are %d rows that count %d", rows, refusals)
		}
		times(pool.FloodLimit+100, ask("127.0.0.1"))
		if rows, refusals := counts(); rows > pool.FloodLimit+1 || refusals != 50+pool.FloodLimit+100 {
			t.Errorf("%d names from one source are %d rows that count %d", pool.FloodLimit+100, rows, refusals)
		}
		before, _ := counts()
		times(3, ask("127.0.0.2"))
		if after, _ := counts(); after != before+3 {
			t.Errorf("three names from another source are %d rows", after-before)
		}
		all := trailOf(t, h, housetest.PoolID)
		flooded := false
		for _, e := range all {
			flooded = flooded || e.Reason == pool.ReasonFlood && e.Count > 50 && e.Subject == "" && e.From.IP == "127.0.0.1"
		}
		if !flooded {
			t.Error("the trail does not say that there was more")
		}
	})
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
