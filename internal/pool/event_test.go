package pool_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestEventIDsAreInOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var ids []string
	for i := range 1000 {
		ids = append(ids, pool.NewEventID(at.Add(time.Duration(i)*250*time.Microsecond)))
	}
	if !slices.IsSorted(ids) || !pool.LikeSub(ids[0]) || ids[0][14] != '7' {
		t.Errorf("the ids are not in order, or no UUIDs: %q …", ids[:3])
	}
	floor := pool.EventsBefore(at.UnixMilli() + 5)
	if n := len(slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id >= floor })); n != 20 {
		t.Errorf("%d ids are from before 5 ms, want 20", n)
	}
}

// Only what is alike in all that tells refusals apart is counted in one row.
func TestFold(t *testing.T) {
	t.Parallel()
	refused := pool.Event{Kind: pool.EventSignIn, Result: pool.Refused, Reason: pool.ReasonPassword, Subject: "s", Client: "c", From: pool.Device{IP: "2001:db8::1", UserAgent: "a"}, At: pool.EventWindow.Milliseconds() * 7}
	same := refused
	same.From, same.At, same.ID = pool.Device{IP: "2001:db8::2", UserAgent: "b"}, refused.At+1, "another"
	if refused.Fold() == "" || same.Fold() != refused.Fold() {
		t.Error("the same refusal from the same network is another")
	}
	for what, change := range map[string]func(*pool.Event){
		"subject": func(e *pool.Event) { e.Subject = "t" }, "kind": func(e *pool.Event) { e.Kind = pool.EventToken }, "reason": func(e *pool.Event) { e.Reason = pool.ReasonDisabled },
		"client": func(e *pool.Event) { e.Client = "d" }, "network": func(e *pool.Event) { e.From.IP = "2001:db8:0:1::1" }, "window": func(e *pool.Event) { e.At += pool.EventWindow.Milliseconds() },
		"operation": func(e *pool.Event) { e.Operation = "o" }, "key": func(e *pool.Event) { e.Operator.Key = "k" }, "target": func(e *pool.Event) { e.Target = map[string]string{"UserPoolId": "p"} },
	} {
		other := refused
		if change(&other); other.Fold() == refused.Fold() {
			t.Errorf("another %s is the same refusal", what)
		}
	}
	for _, result := range []pool.EventResult{pool.Passed, pool.Waiting} {
		if e := (pool.Event{Kind: pool.EventSignIn, Result: result}); e.Fold() != "" {
			t.Errorf("what %s is counted with others", result)
		}
	}
}

// The budget is spent on rows: of a source, of a pool, and of the house for itself.
func TestFlood(t *testing.T) {
	t.Parallel()
	var f pool.Flood
	event := func(ip, subject string, at time.Duration) pool.Event {
		return pool.Event{UserPoolID: "p", Kind: pool.EventSignIn, Result: pool.Refused, Reason: pool.ReasonPassword, Subject: subject, Client: "c", From: pool.Device{IP: ip, UserAgent: "a"}, At: at.Milliseconds()}
	}
	admit := func(e pool.Event) pool.Event {
		t.Helper()
		kept, add := f.Admit(e)
		if add != 1 {
			t.Errorf("a refusal of a person counts %d", add)
		}
		return kept
	}
	for range pool.FloodTotal {
		admit(event("192.0.2.1", "again", 0))
	}
	for i := range pool.FloodLimit - 1 {
		if e := admit(event("192.0.2.1", fmt.Sprint("s", i), 0)); e.Client != "c" {
			t.Fatalf("row %d is drowned", i+2)
		}
	}
	first, second := admit(event("192.0.2.1", "t", 0)), admit(event("192.0.2.1", "t", 0))
	want := pool.Event{UserPoolID: "p", Subject: "t", Kind: pool.EventSignIn, Result: pool.Refused, Reason: pool.ReasonFlood}
	if fmt.Sprint(first) != fmt.Sprint(want) || first.Fold() != second.Fold() {
		t.Errorf("beyond the limit %+v is kept", first)
	}
	if e := admit(event("192.0.2.1", "again", 0)); e.Client != "c" {
		t.Error("a refusal that has its row is drowned")
	}
	if e := admit(event("192.0.2.1", "", 0)); e.From != (pool.Device{IP: "192.0.2.1"}) || e.Reason != pool.ReasonFlood {
		t.Errorf("beyond the limit, about nobody, %+v is kept", e)
	}
	if e := admit(event("192.0.2.2", "t", 0)); e.Client != "c" {
		t.Error("another source is drowned")
	}
	for i := range pool.FloodTotal {
		admit(event(time.Duration(i).String(), "s", 0))
	}
	if e := admit(event("192.0.2.3", "u", 0)); e.Subject != "u" || e.From != (pool.Device{}) {
		t.Errorf("beyond the limit of all %+v is kept", e)
	}
	if e := admit(event("192.0.2.3", "", 0)); e.Reason != pool.ReasonFlood || e.From != (pool.Device{}) {
		t.Errorf("beyond the limit of all, about nobody, %+v is kept", e)
	}
	other := event("192.0.2.1", "s", 0)
	if other.UserPoolID = "q"; admit(other).Client != "c" {
		t.Error("another pool is drowned")
	}
	if e := admit(event("192.0.2.1", "t", pool.EventWindow)); e.Client != "c" {
		t.Error("the next window has no room")
	}
}

// Names that nobody has show too, so many of them; the others share rows, whose
// number is bounded.
func TestFloodOfStrangers(t *testing.T) {
	t.Parallel()
	var f pool.Flood
	rows, alone, shared := map[string]bool{}, 0, 0
	for i := range 20_000 {
		subject := pool.OwnerOf([]byte("key"), "p", pool.Name{Kind: pool.NameEmail, Folded: fmt.Sprint(i)})
		for range 2 {
			e, _ := f.Admit(pool.Event{UserPoolID: "p", Kind: pool.EventSignIn, Result: pool.Refused, Subject: subject, From: pool.Device{IP: "192.0.2.1"}})
			switch {
			case e.Reason != pool.ReasonFlood:
			case e.Subject == subject:
				alone++
			case e.Subject == pool.Among(subject) && pool.UnknownSubject(e.Subject):
				shared++
			default:
				t.Fatalf("%+v is kept", e)
			}
			rows[e.Fold()] = true
		}
	}
	if alone != 2*pool.FloodStrangers || shared != 2*(20_000-pool.FloodLimit-pool.FloodStrangers) || len(rows) != pool.FloodLimit+pool.FloodStrangers+64 {
		t.Errorf("%d refusals in rows of one name, %d in others, %d rows", alone, shared, len(rows))
	}
	if e, _ := f.Admit(pool.Event{UserPoolID: "p", Kind: pool.EventSignIn, Result: pool.Refused, Subject: "sub", From: pool.Device{IP: "192.0.2.1"}}); e.Subject != "sub" {
		t.Errorf("after them an account's own is %+v", e)
	}
}

// Calls that nobody signed are written at powers of two; of a key's holder nothing
// is left out.
func TestFloodOfCalls(t *testing.T) {
	t.Parallel()
	var f pool.Flood
	forged := pool.Event{Kind: pool.EventOperator, Result: pool.Refused, Reason: pool.ReasonSignature, Operation: "DescribeUserPool", From: pool.Device{IP: "192.0.2.1"}}
	told, written := int64(0), 0
	for n := int64(1); n <= 10_000; n++ {
		_, add := f.Admit(forged)
		if told += add; add > 0 {
			written++
		}
		if told > n || 2*told <= n {
			t.Fatalf("of %d calls the row says %d", n, told)
		}
	}
	if written != 14 {
		t.Errorf("10,000 calls are written %d times", written)
	}
	drowned := forged
	for i := range 2 * pool.FloodTotal {
		drowned.Operation = fmt.Sprint(i)
		drowned.From.IP = time.Duration(i % 100).String()
		f.Admit(drowned)
	}
	if e, _ := f.Admit(drowned); e.Operation != "" || e.Reason != pool.ReasonFlood {
		t.Errorf("beyond the limit %+v is kept", e)
	}
	denied := forged
	denied.Reason, denied.Operator.Key, denied.Target = pool.ReasonDenied, "AKIA", map[string]string{"UserPoolId": "p"}
	for range 3 {
		if e, add := f.Admit(denied); fmt.Sprint(e) != fmt.Sprint(denied) || add != 1 {
			t.Errorf("what a key may not do is kept as %+v, counts %d", e, add)
		}
	}
	if e, _ := f.Admit(pool.Event{UserPoolID: "p", Kind: pool.EventSignIn, Result: pool.Refused, Client: "c"}); e.Client != "c" {
		t.Error("calls that nobody signed drown those of a pool")
	}
}

// A refusal is told and compared as before, whatever its true reason.
func TestBecause(t *testing.T) {
	t.Parallel()
	told := &pool.Error{Kind: pool.NotAuthorized, Reason: "password"}
	err := pool.Because(told, pool.ReasonUnknownUser)
	if !errors.Is(err, told) || pool.AsError(err) != told || err.Error() != told.Error() || pool.ReasonOf(err) != pool.ReasonUnknownUser {
		t.Errorf("%v is told otherwise, for %s", err, pool.ReasonOf(err))
	}
	for want, err := range map[pool.EventReason]error{
		pool.ReasonPassword: told, "": errors.New("the disk is full"), pool.ReasonPolicy: &pool.Error{Kind: pool.InvalidPassword, Reason: "length"}, pool.ReasonOther: &pool.Error{Kind: "New"},
	} {
		if got := pool.ReasonOf(err); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}

func TestHindrances(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := pool.Pool{Settings: pool.Settings{AutoVerifiedAttributes: []string{"email"}}}
	good := func() pool.User {
		return pool.User{Status: pool.Confirmed, Attributes: map[string]string{"email": "a@example.com", "email_verified": "true"}, Password: pool.Password{Hash: "h", SRPVerifier: "v", SetAt: now.UnixMilli()}}
	}
	for name, c := range map[string]struct {
		change func(*pool.User, *pool.Lockout)
		want   []pool.HindranceKind
	}{
		"nothing":     {func(*pool.User, *pool.Lockout) {}, nil},
		"locked":      {func(_ *pool.User, l *pool.Lockout) { l.LockedUntil = now.UnixMilli() + 1 }, []pool.HindranceKind{pool.HindranceLockedOut}},
		"was locked":  {func(_ *pool.User, l *pool.Lockout) { l.LockedUntil = now.UnixMilli() }, nil},
		"disabled":    {func(u *pool.User, _ *pool.Lockout) { u.Disabled = true }, []pool.HindranceKind{pool.HindranceDisabled}},
		"unconfirmed": {func(u *pool.User, _ *pool.Lockout) { u.Status = pool.Unconfirmed }, []pool.HindranceKind{pool.HindranceConfirmByCode}},
		"no address": {func(u *pool.User, _ *pool.Lockout) { u.Status, u.Attributes = pool.Unconfirmed, nil },
			[]pool.HindranceKind{pool.HindranceConfirmOperator, pool.HindranceNoContact}},
		"reset":     {func(u *pool.User, _ *pool.Lockout) { u.Status = pool.ResetRequired }, []pool.HindranceKind{pool.HindranceReset}},
		"temporary": {func(u *pool.User, _ *pool.Lockout) { u.Status = pool.ForceChangePassword }, []pool.HindranceKind{pool.HindranceTemporary}},
		"expired": {func(u *pool.User, _ *pool.Lockout) {
			u.Status, u.Password.SetAt = pool.ForceChangePassword, now.Add(-7*24*time.Hour).UnixMilli()
		}, []pool.HindranceKind{pool.HindranceTemporaryExpired}},
		"unverified":  {func(u *pool.User, _ *pool.Lockout) { delete(u.Attributes, "email_verified") }, []pool.HindranceKind{pool.HindranceNoContact}},
		"imported":    {func(u *pool.User, _ *pool.Lockout) { u.Status, u.Password = pool.ResetRequired, pool.Password{} }, []pool.HindranceKind{pool.HindranceFirstPassword}},
		"moved":       {func(u *pool.User, _ *pool.Lockout) { u.Password.SRPVerifier = "" }, []pool.HindranceKind{pool.HindranceNoVerifier}},
		"no password": {func(u *pool.User, _ *pool.Lockout) { u.Password.Hash = "" }, []pool.HindranceKind{pool.HindranceNoPassword}},
	} {
		u, l := good(), pool.Lockout{}
		c.change(&u, &l)
		var got []pool.HindranceKind
		for _, h := range p.Hindrances(u, l, now) {
			got = append(got, h.Kind)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAuditSettings(t *testing.T) {
	t.Parallel()
	days := func(n int) *int { return &n }
	for name, c := range map[string]struct {
		set  pool.Settings
		kind string
	}{
		"off":          {pool.Settings{UserPoolAddOns: &pool.UserPoolAddOns{AdvancedSecurityMode: "OFF"}}, ""},
		"audit":        {pool.Settings{UserPoolAddOns: &pool.UserPoolAddOns{AdvancedSecurityMode: "AUDIT"}}, ""},
		"another tier": {pool.Settings{UserPoolTier: "ESSENTIALS", UserPoolAddOns: &pool.UserPoolAddOns{AdvancedSecurityMode: "AUDIT"}}, pool.FeatureUnavailableInTier},
		"enforced":     {pool.Settings{UserPoolTier: "PLUS", UserPoolAddOns: &pool.UserPoolAddOns{AdvancedSecurityMode: "ENFORCED"}}, pool.InvalidParameter},
		"a day":        {pool.Settings{AuditRetentionDays: days(1)}, ""},
		"no day":       {pool.Settings{AuditRetentionDays: days(0)}, pool.InvalidParameter},
		"eleven years": {pool.Settings{AuditRetentionDays: days(4000)}, pool.InvalidParameter},
	} {
		c.set.PoolName = "p"
		err := pool.AsError(c.set.Check())
		if (err == nil) != (c.kind == "") || err != nil && err.Kind != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p := (pool.Pool{}); p.AuditRetention() != 365*24*time.Hour {
		t.Error("the default retention is not a year")
	}
	kept := pool.Settings{AuditRetentionDays: days(7)}
	if got := kept.Updated(pool.Settings{}); got.AuditRetentionDays == nil || *got.AuditRetentionDays != 7 {
		t.Error("an update by the API, which has no word for it, ends the retention")
	}
}
