package stories_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

var million = flag.Bool("million", false, "benchmark with a pool of a million people, too")

// town is a house with many people, asked without the network.
type town struct {
	testing.TB
	house   *housetest.House
	handler http.Handler
	people  int
}

// newTown has people of a thousand families, and ann, who signs in.
func newTown(t testing.TB, database string, people int) *town {
	t.Helper()
	h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) {
		d.UserPoolClients[0].ExplicitAuthFlows = []string{"ALLOW_USER_PASSWORD_AUTH"}
	})})
	h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
	p := h.App(housetest.ClientID).Pool
	for first := 0; first < people; first += 1000 {
		must(t, h.DB.Tx(t.Context(), func(ctx context.Context, tx *store.DB) error {
			for i := first; i < min(first+1000, people); i++ {
				u := pool.User{UserPoolID: p.ID, Sub: pool.NewSub(), Status: pool.Confirmed, CreateDate: 1, LastModifiedDate: 1, Attributes: map[string]string{
					"email": fmt.Sprintf("person%d@example.com", i), "email_verified": "true", "given_name": fmt.Sprintf("Person %d", i), "family_name": fmt.Sprintf("Family %d", i%1000),
				}}
				u.Username = u.Sub
				if err := tx.Users.Create(ctx, &u, p.NamesOf(u)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return &town{TB: t, house: h, handler: h.Handler(), people: people}
}

// call makes an operation of the API, and reads its answer.
func (w *town) call(name string, members map[string]any) (out struct {
	Users           []struct{ Username string }
	PaginationToken string
	Username        string
}) {
	w.Helper()
	r := operationRequest(w, w.house, name, name != "GetUser", members)
	r.RemoteAddr = "127.0.0.1:4000"
	answer := httptest.NewRecorder()
	if w.handler.ServeHTTP(answer, r); answer.Code != http.StatusOK {
		w.Fatalf("%s answered %d %s", name, answer.Code, answer.Body)
	}
	must(w, json.Unmarshal(answer.Body.Bytes(), &out))
	return out
}

// lists returns the question for a page of people, and demands that it shows
// as many.
func (w *town) lists(shows int, filter, after string) func() {
	members := map[string]any{"UserPoolId": housetest.PoolID, "Filter": filter}
	if after != "" {
		members["PaginationToken"] = after
	}
	return func() {
		if got := w.call("ListUsers", members); len(got.Users) != shows {
			w.Fatalf("%s lists %d people, want %d", filter, len(got.Users), shows)
		}
	}
}

// middle is where the page ends in the midst of the whole list.
func (w *town) middle() (token string) {
	w.Helper()
	for range max(1, w.people/2/60) {
		members := map[string]any{"UserPoolId": housetest.PoolID}
		if token != "" {
			members["PaginationToken"] = token
		}
		token = w.call("ListUsers", members).PaginationToken
	}
	return token
}

// errands is what must cost the same however many people there are.
func (w *town) errands() map[string]func() {
	w.Helper()
	in, err := byPassword(w.house, ann, secret)
	must(w, err)
	token, app := *in.AuthenticationResult.AccessToken, w.house.App(housetest.ClientID)
	return map[string]func(){
		"first page":             w.lists(60, "", ""),
		"middle page":            w.lists(60, "", w.middle()),
		"an address":             w.lists(1, `email = "person77@example.com"`, ""),
		"an address's beginning": w.lists(1, `email ^= "person77@"`, ""),
		"all families":           w.lists(60, `family_name ^= "family"`, ""),
		"all who may enter":      w.lists(60, `status = "Enabled"`, ""),
		"nobody":                 w.lists(0, `phone_number ^= "+"`, ""),
		"GetUser": func() {
			if w.call("GetUser", map[string]any{"AccessToken": token}).Username == "" {
				w.Fatal("GetUser gives no name")
			}
		},
		"the lookup of a sign-in": func() {
			if _, err := w.house.DB.Users.ByNames(w.Context(), housetest.PoolID, app.Pool.SignInNames(ann)); err != nil {
				w.Fatal(err)
			}
		},
		"the lookup of nobody": func() {
			if _, err := w.house.DB.Users.ByNames(w.Context(), housetest.PoolID, app.Pool.SignInNames("nobody@example.com")); err == nil {
				w.Fatal("nobody is found")
			}
		},
	}
}

// cost is what an errand asks of the ledger; what the server does meanwhile of
// its own accord is left out by asking again.
func (w *town) cost(errand func()) (least store.Cost) {
	for i := range 6 {
		before := w.house.DB.Cost()
		errand()
		if cost := w.house.DB.Cost().Since(before); i == 0 || cost.Statements < least.Statements {
			least = cost
		}
	}
	return least
}

// What an errand asks of the ledger does not depend on how many people there
// are.
func TestScale(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		costs := func(database string, people int) map[string]store.Cost {
			w, out := newTown(t, database, people), map[string]store.Cost{}
			for name, errand := range w.errands() {
				out[name] = w.cost(errand)
			}
			return out
		}
		small := costs("sqlite:"+filepath.Join(t.TempDir(), "small.db"), 200)
		for name, cost := range costs(database, 5000) {
			if cost != small[name] || cost.Read > 70 || cost.Statements > 4 {
				t.Errorf("%s: among 5,000 people %+v, among 200 %+v", name, cost, small[name])
			}
		}
	})
}

// BenchmarkScale: the errands in a pool of a thousand people, and with -million
// in one of a million.
func BenchmarkScale(b *testing.B) {
	sizes := []int{1_000}
	if *million {
		sizes = append(sizes, 1_000_000)
	}
	for _, database := range []string{"sqlite", "postgres"} {
		for _, people := range sizes {
			b.Run(fmt.Sprintf("%s/%d", database, people), func(b *testing.B) {
				location := ""
				if database == "postgres" {
					location = housetest.Postgres(b)
				}
				w := newTown(b, location, people)
				for name, errand := range w.errands() {
					b.Run(name, func(b *testing.B) {
						s := &bench{B: b, house: w.house}
						errand()
						s.begin()
						for b.Loop() {
							errand()
						}
					})
				}
			})
		}
	}
}
