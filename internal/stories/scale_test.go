package stories_test

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	alexrudd "github.com/alexrudd/cognito-srp/v4"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

var million = flag.Bool("million", false, "with a million people, too")

const (
	townPage = 60  // what a page of each list shows at most
	townMany = 150 // of what there is several pages of, however many people there are
)

// town is a house with many people, asked without the network: ann and bob, who
// sign in, and the others, of ten families, who are all in one group.
type town struct {
	testing.TB
	house   *housetest.House
	handler http.Handler
	people  int
}

// townsman is the ith of n: whatever people are listed by, they stand in the
// same order.
func townsman(i, n int) pool.User {
	place := int(int64(i) * 10_000_000 / int64(n))
	u := pool.User{
		UserPoolID: housetest.PoolID, Sub: fmt.Sprintf("%08x-0000-4000-8000-%012d", uint32(int64(i)<<32/int64(n)), i), Status: pool.Confirmed, CreateDate: 1, LastModifiedDate: 1, Grouped: true,
		Attributes: map[string]string{
			"email": fmt.Sprintf("person%07d@example.com", place), "email_verified": "true", "phone_number": fmt.Sprintf("+1%010d", place), "preferred_username": fmt.Sprintf("p%07d", place),
			"name": fmt.Sprintf("Name %07d", place), "given_name": fmt.Sprintf("Person %07d", place), "family_name": fmt.Sprintf("Family %d", int64(i)*10/int64(n)),
		},
	}
	u.Username = u.Sub
	return u
}

func newTown(t testing.TB, database string, people int) *town {
	t.Helper()
	h := housetest.Start(t, housetest.Config{Database: database, Document: everyFlow(t, nil)})
	w := &town{TB: t, house: h, handler: h.Handler(), people: people}
	w.records()
	p := h.App(housetest.ClientID).Pool
	for some := range slices.Chunk(slices.Collect(counted(people)), 500) {
		must(t, h.DB.Tx(t.Context(), func(ctx context.Context, tx *store.DB) error {
			var users []pool.User
			var joined []store.Membership
			for _, i := range some {
				u := townsman(i, people)
				users, joined = append(users, u), append(joined, store.Membership{Group: "everybody", Sub: u.Sub})
			}
			if err := tx.Users.CreateAll(ctx, p, users); err != nil {
				return err
			}
			return tx.Members.JoinAll(ctx, p.ID, joined)
		}))
	}
	accounts := &account.Accounts{DB: h.DB, Passwords: h.Passwords, Now: h.Now}
	for i, who := range []string{ann, bob} {
		u := pool.User{UserPoolID: p.ID, Sub: fmt.Sprintf("ffffffff-0000-4000-9000-00000000000%d", i), Attributes: map[string]string{"email": who, "email_verified": "true"}, Status: pool.Confirmed}
		u.Username = u.Sub
		must(t, h.DB.Users.Create(t.Context(), &u, p.NamesOf(u)))
		must(t, accounts.SetPassword(t.Context(), p, u, secret, true))
		for i := range pool.MaxGroupsOfUser {
			must(t, accounts.AddToGroup(t.Context(), u, fmt.Sprintf("group%03d", i)))
		}
	}
	return w
}

func counted(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

// records are several pages of whatever else a pool has.
func (w *town) records() {
	w.Helper()
	must(w, w.house.DB.Tx(w.Context(), func(ctx context.Context, tx *store.DB) error {
		id, errs := housetest.PoolID, []error{tx.Groups.Create(ctx, &pool.Group{UserPoolID: housetest.PoolID, GroupName: "everybody"}, housetest.PoolID, "everybody")}
		for i := range townMany {
			g := pool.Group{UserPoolID: id, GroupName: fmt.Sprintf("group%03d", i)}
			c := pool.Client{UserPoolID: id, ID: fmt.Sprintf("client%03d", i), ClientSettings: pool.ClientSettings{ClientName: "another"}}
			r := pool.ResourceServer{UserPoolID: id, Identifier: fmt.Sprintf("https://api%03d.example.com", i), Name: "another"}
			o := pool.IdentityProvider{UserPoolID: id, ProviderName: fmt.Sprintf("provider%03d", i), ProviderType: "OIDC"}
			errs = append(errs, tx.Groups.Create(ctx, &g, id, g.GroupName), tx.Clients.Create(ctx, &c, id, c.ID),
				tx.ResourceServers.Create(ctx, &r, id, r.Identifier), tx.Providers.Create(ctx, &o, id, o.ProviderName))
		}
		return cmp.Or(errs...)
	}))
}

// townAnswer is what the answers of the town's operations have.
type townAnswer struct {
	Users, Groups, UserPools, UserPoolClients, ResourceServers, Providers, Sessions []json.RawMessage

	PaginationToken, NextToken, Username, ChallengeName string
	AuthenticationResult                                struct{ AccessToken string }
}

// shown is how many things a list shows.
func (a townAnswer) shown() int {
	return len(a.Users) + len(a.Groups) + len(a.UserPools) + len(a.UserPoolClients) + len(a.ResourceServers) + len(a.Providers) + len(a.Sessions)
}

// call makes an operation of the API, and reads its answer.
func (w *town) call(name string, members map[string]any) (out townAnswer) {
	w.Helper()
	r := operationRequest(w, w.house, name, !slices.Contains([]string{"GetUser", "InitiateAuth", "ListUserSessions"}, name), members)
	r.RemoteAddr = "127.0.0.1:4000"
	answer := httptest.NewRecorder()
	if w.handler.ServeHTTP(answer, r); answer.Code != http.StatusOK {
		w.Fatalf("%s answered %d %s", name, answer.Code, answer.Body)
	}
	must(w, json.Unmarshal(answer.Body.Bytes(), &out))
	return out
}

// chore is something that must cost the same however many people there are.
type chore struct {
	name string
	do   func()
}

// list asks for a page, and demands that it shows as many things.
func (w *town) list(name, operation string, shows int, members map[string]any) chore {
	if members["AccessToken"] == nil && operation != "ListUserPools" {
		members["UserPoolId"] = housetest.PoolID
	}
	return chore{name, func() {
		if got := w.call(operation, members).shown(); got != shows {
			w.Fatalf("%s shows %d, want %d", name, got, shows)
		}
	}}
}

// pages are the first page of a list and the one after it.
func (w *town) pages(operation, token string, members map[string]any) []chore {
	w.Helper()
	members["UserPoolId"] = housetest.PoolID
	first := w.call(operation, members)
	next := map[string]any{token: cmp.Or(first.NextToken, first.PaginationToken)}
	for name, value := range members {
		next[name] = value
	}
	shows := w.call(operation, next).shown()
	return []chore{w.list(operation+", first page", operation, first.shown(), members), w.list(operation+", next page", operation, shows, next)}
}

// byAttribute asks the ledger for a page in the middle and for the last one of a list
// of everybody by an attribute: no token leads there but through all before.
func (w *town) byAttribute(filter string) []chore {
	w.Helper()
	f, err := pool.ParseUserFilter(filter)
	must(w, err)
	page := func(where string, after int, shows int) chore {
		u := townsman(after, w.people)
		place := u.Sub + "\x00"
		for _, v := range u.Searched() {
			if v.Attribute == f.Attribute {
				place += v.Value
			}
		}
		return chore{"everybody by " + f.Attribute + ", " + where, func() {
			users, _, err := w.house.DB.Users.List(w.Context(), housetest.PoolID, store.UserPage{Filter: f, After: place, Limit: townPage})
			if err != nil || len(users) != shows {
				w.Fatalf("%s, %s: %d people, %v; want %d", filter, where, len(users), err, shows)
			}
		}}
	}
	last := 30
	if slices.Contains([]string{"sub", "username", "status", "cognito:user_status"}, f.Attribute) {
		last += 2 // ann and bob
	}
	return []chore{page("middle", w.people/2, townPage), page("last", w.people-31, last)}
}

// chores is what must cost the same however many people there are.
func (w *town) chores() []chore {
	w.Helper()
	app, someone := w.house.App(housetest.ClientID), townsman(w.people/3, w.people)
	signIn := func(who string) townAnswer {
		return w.call("InitiateAuth", map[string]any{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": housetest.ClientID, "AuthParameters": map[string]any{"USERNAME": who, "PASSWORD": secret}})
	}
	client, err := alexrudd.NewCognitoSRP(ann, secret, housetest.PoolID, housetest.ClientID, nil)
	must(w, err)
	token := signIn(bob).AuthenticationResult.AccessToken
	lookup := func(name, typed string, found bool) chore {
		return chore{name, func() {
			if _, err := w.house.DB.Users.ByNames(w.Context(), housetest.PoolID, app.Pool.SignInNames(typed)); (err == nil) != found {
				w.Fatalf("%s: %v", name, err)
			}
		}}
	}
	named := func(name, operation string, members map[string]any) chore {
		return chore{name, func() {
			if out := w.call(operation, members); out.Username+out.ChallengeName+out.AuthenticationResult.AccessToken == "" {
				w.Fatalf("%s gives nothing", name)
			}
		}}
	}
	out := []chore{
		{"sign-in by password", func() { signIn(ann) }},
		named("sign-in by SRP, its beginning", "InitiateAuth", map[string]any{"AuthFlow": "USER_SRP_AUTH", "ClientId": housetest.ClientID, "AuthParameters": client.GetAuthParams()}),
		named("GetUser", "GetUser", map[string]any{"AccessToken": token}),
		named("AdminGetUser by address", "AdminGetUser", map[string]any{"UserPoolId": housetest.PoolID, "Username": someone.Email()}),
		lookup("the lookup of a sign-in", ann, true),
		lookup("the lookup of nobody", "nobody@example.com", false),
		w.list("ListUsers, one by address", "ListUsers", 1, map[string]any{"Filter": fmt.Sprintf("email = %q", someone.Email())}),
		w.list("ListUsers, one by an address's beginning", "ListUsers", 1, map[string]any{"Filter": fmt.Sprintf("email ^= %q", strings.TrimSuffix(someone.Email(), "example.com"))}),
		w.list("ListUsers, nobody", "ListUsers", 0, map[string]any{"Filter": `phone_number ^= "+9"`}),
		w.list("ListUserPools", "ListUserPools", 1, map[string]any{"MaxResults": townPage}),
		w.list("ListUserSessions", "ListUserSessions", 1, map[string]any{"AccessToken": token}),
		w.list("AdminListUserSessions", "AdminListUserSessions", 1, map[string]any{"Username": bob}),
	}
	for _, filter := range []string{
		`sub ^= ""`, `username ^= ""`, `status = "Enabled"`, `cognito:user_status = "CONFIRMED"`, `email ^= "person"`, `phone_number ^= "+"`, `name ^= "name"`,
		`given_name ^= "person"`, `family_name ^= "family"`, `preferred_username ^= "p"`,
	} {
		out = append(out, w.pages("ListUsers", "PaginationToken", map[string]any{"Filter": filter})...)
		for i := range out[len(out)-2:] {
			out[len(out)-2+i].name += ", " + filter
		}
		out = append(out, w.byAttribute(filter)...)
	}
	return slices.Concat(out,
		w.pages("ListUsersInGroup", "NextToken", map[string]any{"GroupName": "everybody"}),
		w.pages("AdminListGroupsForUser", "NextToken", map[string]any{"Username": ann}),
		w.pages("ListGroups", "NextToken", map[string]any{}),
		w.pages("ListUserPoolClients", "NextToken", map[string]any{"MaxResults": townPage}),
		w.pages("ListResourceServers", "NextToken", map[string]any{"MaxResults": 50}),
		w.pages("ListIdentityProviders", "NextToken", map[string]any{"MaxResults": townPage}),
	)
}

// cost is what a chore asks of the ledger; what the server does meanwhile of
// its own accord is left out by asking again.
func (w *town) cost(chore func()) (least store.Cost) {
	for i := range 6 {
		before := w.house.DB.Cost()
		chore()
		if cost := w.house.DB.Cost().Since(before); i == 0 || cost.Statements < least.Statements {
			least = cost
		}
	}
	return least
}

// What a chore asks of the ledger does not depend on how many people there
// are, and no list reads more rows than its page, one more, and who asks within
// what: a pool, a group or a user.
func TestScale(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		costs := func(database string, people int) map[string]store.Cost {
			w, out := newTown(t, database, people), map[string]store.Cost{}
			for _, chore := range w.chores() {
				out[chore.name] = w.cost(chore.do)
			}
			return out
		}
		small := costs("sqlite:"+filepath.Join(t.TempDir(), "small.db"), 1000)
		large := costs(database, 5000)
		for name, cost := range large {
			most := store.Cost{Statements: 5, Read: townPage + 1 + 3}
			if strings.HasPrefix(name, "sign-in") { // with all the groups that one can be in
				most = store.Cost{Statements: 20, Rows: 10, Read: pool.MaxGroupsOfUser + 10}
			}
			if cost != small[name] || cost.Read > most.Read || cost.Statements > most.Statements || cost.Rows > most.Rows {
				t.Errorf("%s: among 5,000 people %+v, among 1,000 %+v", name, cost, small[name])
			}
		}
		if len(small) != len(large) {
			t.Errorf("%d chores among 5,000 people, %d among 1,000", len(large), len(small))
		}
	})
}

// BenchmarkScale: the chores in a pool of a thousand people, and with -million
// in one of a million, in turn: what else the machine does strikes both. Of the
// calls of a chore the fast tenth has been disturbed least (fast-ms/op).
func BenchmarkScale(b *testing.B) {
	sizes := []int{1_000}
	if *million {
		sizes = append(sizes, 1_000_000)
	}
	for _, database := range []string{"sqlite", "postgres"} {
		b.Run(database, func(b *testing.B) {
			var towns []*town
			var chores [][]chore
			for _, people := range sizes {
				location := ""
				if database == "postgres" {
					location = housetest.Postgres(b)
				}
				w := newTown(b, location, people)
				towns, chores = append(towns, w), append(chores, w.chores())
			}
			for i, one := range chores[0] {
				for at, w := range towns {
					b.Run(fmt.Sprintf("%s/%d", one.name, w.people), func(b *testing.B) { w.times(b, chores[at][i].do) })
				}
			}
		})
	}
}

func (w *town) times(b *testing.B, do func()) {
	s := &bench{B: b, house: w.house}
	do()
	s.begin()
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		do()
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/10].Seconds()*1000, "fast-ms/op")
}
