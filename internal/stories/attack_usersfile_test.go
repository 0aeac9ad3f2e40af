package stories_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/archive"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/store"
)

// arriving reads a file into the pool, and says what the command would.
func arriving(t *testing.T, l server.Ledger, file io.Reader, passphrase []byte) (server.Imported, string) {
	t.Helper()
	done, err := server.ImportUsers(t.Context(), l, housetest.PoolID, file, passphrase)
	if err != nil {
		return done, err.Error()
	}
	return done, ""
}

// nobodyCame demands that nothing was written.
func nobodyCame(t *testing.T, what string, db *store.DB) {
	t.Helper()
	everybody, err := pool.ParseUserFilter("")
	must(t, err)
	users, _, err := db.Users.List(t.Context(), housetest.PoolID, store.UserPage{Filter: everybody, Limit: 1})
	must(t, err)
	n, err := db.Users.Count(t.Context(), housetest.PoolID)
	must(t, err)
	if len(users) > 0 || n > 0 {
		t.Errorf("%s: there are %d users", what, n)
	}
}

// allOf is all of a file.
func allOf(t *testing.T, f *os.File) []byte {
	t.Helper()
	all, err := io.ReadAll(f)
	must(t, err)
	return all
}

// Whoever changes a file of users without its passphrase, and whoever has the
// wrong one, writes nothing: not even the users of the good lines before.
func TestForgedUsersAreRefused(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		l := cottage(t, database, nil)
		db := opened(t, l)
		const n = 1200 // more than a batch
		whole := allOf(t, usersFile(t, n, nil))
		lines := bytes.SplitAfter(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n"))
		with := func(change func(lines [][]byte) [][]byte) []byte {
			return bytes.Join(change(slices.Clone(lines)), nil)
		}
		box := func(line []byte) []byte {
			var u userLine
			must(t, json.Unmarshal(line, &u))
			quoted, err := json.Marshal(u.Password)
			must(t, err)
			return quoted
		}
		for name, c := range map[string]struct {
			text       []byte
			passphrase []byte
			want       string
		}{
			"another passphrase": {whole, []byte("another passphrase"), "line 1: " + archive.ErrPassphrase.Error()},
			"no passphrase":      {whole, nil, "line 1: " + archive.ErrNeeds.Error()},
			"cut off":            {whole[:len(whole)*9/10], phrase, ""},
			"cut off at a line":  {with(func(l [][]byte) [][]byte { return l[:n+1] }), phrase, "line 1201: " + archive.ErrUnfinished.Error()},
			"one user less":      {with(func(l [][]byte) [][]byte { return slices.Delete(l, 1100, 1101) }), phrase, "line 1201: " + archive.ErrChanged.Error()},
			"another address": {with(func(l [][]byte) [][]byte {
				l[1100] = bytes.Replace(l[1100], []byte("@example.com"), []byte("@example.net"), 1)
				return l
			}), phrase, "line 1202: " + archive.ErrChanged.Error()},
			"in another group": {with(func(l [][]byte) [][]byte {
				l[1106] = bytes.Replace(l[1106], []byte(`"Status":"CONFIRMED"`), []byte(`"Status":"CONFIRMED","Groups":["hosts"]`), 1)
				return l
			}), phrase, "line 1202: " + archive.ErrChanged.Error()},
			"somebody else's password": {with(func(l [][]byte) [][]byte {
				l[1106] = bytes.Replace(l[1106], box(l[1106]), box(l[1107]), 1)
				return l
			}), phrase, "line 1107: " + archive.ErrForeignBox.Error()},
			"no password": {with(func(l [][]byte) [][]byte {
				l[1106] = bytes.Replace(l[1106], append([]byte(`,"Password":`), box(l[1106])...), nil, 1)
				return l
			}), phrase, "line 1202: " + archive.ErrChanged.Error()},
			"as if it had never been sealed":       {bare(t, 3), phrase, "line 1: " + archive.ErrNotSealed.Error()},
			"a box in a file without a passphrase": {bareWith(t, func(u *userLine) { u.Password = []byte("box") }), nil, "line 2: " + archive.ErrForeignBox.Error()},
		} {
			if bytes.Equal(c.text, whole) == (name != "another passphrase" && name != "no passphrase") {
				t.Fatalf("%s: the file is not what this is about", name)
			}
			for kind, in := range map[string]io.Reader{"file": bytes.NewReader(c.text), "pipe": io.MultiReader(bytes.NewReader(c.text))} {
				_, got := arriving(t, l, in, c.passphrase)
				if got == "" || c.want != "" && got != c.want {
					t.Errorf("%s, from a %s: %q, want %q", name, kind, got, c.want)
				}
				nobodyCame(t, name, db)
			}
		}
		if done, err := arriving(t, l, bytes.NewReader(whole), phrase); done.Created != n {
			t.Errorf("the file as it was written gives %+v, %s", done, err)
		}
	})
}

// bare is a file without secrets.
func bare(t *testing.T, n int) []byte {
	t.Helper()
	return bareWith(t, func(*userLine) {}, make([]struct{}, n-1)...)
}

func bareWith(t *testing.T, change func(*userLine), more ...struct{}) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := archive.NewWriter(&out, usersHeader, archive.Passphrase{})
	must(t, err)
	for i := range 1 + len(more) {
		u, _ := nth(i, 1+len(more))
		change(&u)
		must(t, w.Line(u))
	}
	must(t, w.Close())
	return out.Bytes()
}

// What a file of the right passphrase says must be what the pool could have made
// itself; one line that is not refuses all.
func TestImpossibleUsersAreRefused(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		l := cottage(t, database, nil)
		db := opened(t, l)
		for want, change := range map[string]func(u *userLine, p *userPassword){
			"line 602: Status: is none that an account can have here": func(u *userLine, _ *userPassword) { u.Status = "EXTERNAL" },
			"line 602: custom:role: is no attribute of the pool":      func(u *userLine, _ *userPassword) { u.Attributes["custom:role"] = "admin" },
			"line 602: Groups: the pool has no group \"owners\": make it first": func(u *userLine, _ *userPassword) {
				u.Groups = []string{"hosts", "owners"}
			},
			"line 602: Groups: no group has such a name":        func(u *userLine, _ *userPassword) { u.Groups = []string{"\x00"} },
			"line 602: \ufffd[2Jx: is no attribute of the pool": func(u *userLine, _ *userPassword) { u.Attributes["\x1b[2Jx"] = "x" },
			"line 602: Sub: the users must be in the order of their subs, each once": func(u *userLine, _ *userPassword) {
				before, _ := nth(599, 700)
				u.Sub, u.Username = before.Sub, before.Sub
			},
			"line 602: Password: its hash is no argon2id hash in PHC's form": func(_ *userLine, p *userPassword) {
				p.Hash = "$2b$12$abcdefghijklmnopqrstuv"
			},
			"line 602: Password: its SRP salt and verifier are none": func(_ *userLine, p *userPassword) { p.SRPVerifier = make([]byte, 1000) },
			"line 602: email: is no e-mail address":                  func(u *userLine, _ *userPassword) { u.Attributes["email"] = "\"x\r\n\"@example.com" },
		} {
			file := usersFile(t, 700, func(i int, u *userLine, p *userPassword) {
				if i == 600 {
					change(u, p)
				}
			})
			if _, got := arriving(t, l, file, phrase); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			nobodyCame(t, want, db)
		}
		whole := string(allOf(t, usersFile(t, 3, nil)))
		for want, c := range map[string][2]string{
			"line 2: Admin: there is no such member":                                       {`"Status":`, `"Admin":true,"Status":`},
			"line 1: the file is of version 2, this program knows 1: a newer one wrote it": {`"Version":1`, `"Version":2`},
			"line 1: this is no such file":                                                 {"poolhouse-users", "poolhouse-pools"},
			"line 1: Later: there is no such member":                                       {`"Version":1`, `"Version":1,"Later":1`},
			"line 2: the line has more than 1048576 bytes":                                 {`"CONFIRMED"`, `"` + strings.Repeat("C", 2<<20) + `"`},
			"line 2: Attributes.name: a JSON number does not fit here":                     {`"Attributes":{`, `"Attributes":{"name":1,`},
		} {
			if _, got := arriving(t, l, strings.NewReader(strings.Replace(whole, c[0], c[1], 1)), phrase); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			nobodyCame(t, want, db)
		}
	})
}

// Nobody takes over a user, a name or an alias who is there: such lines are told
// and left out, and the others of their batch are written.
func TestTakenUsersAreLeftOut(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		l := cottage(t, database, nil)
		db := opened(t, l)
		if done, err := arriving(t, l, usersFile(t, 10, nil), phrase); done.Created != 10 {
			t.Fatalf("%+v, %s", done, err)
		}
		before, _ := exported(t, l, housetest.PoolID, phrase)
		file := usersFile(t, 20, func(i int, u *userLine, p *userPassword) {
			old, _ := nth(i/2, 10)
			switch i { // of 20, every second has the sub's beginning of one of the ten
			case 0: // the same person, who is another
				u.Sub, u.Username, u.Attributes["email"] = old.Sub, old.Sub, "other@example.com"
			case 4:
				first, secrets := nth(2, 10)
				*u, *p = first, secrets // just so
			case 6:
				first, secrets := nth(3, 10)
				*u, *p = first, secrets
				p.Hash = strings.Replace(p.Hash, "m=19456", "m=19457", 1)
			case 9:
				u.Attributes["email"] = "PERSON7@EXAMPLE.COM"
			case 15:
				u.Attributes["email"] = "person1234@example.com"
			case 16:
				u.Attributes["email"] = "Person1234@example.com"
			default:
				u.Attributes["email"] = "new" + u.Attributes["email"]
			}
		})
		done, failed := arriving(t, l, file, phrase)
		var told []string
		for _, err := range done.Conflicts {
			told = append(told, err.Error())
		}
		want := []string{
			"line 2: the pool has this user already, and not the same",
			"line 8: the pool has this user already, and not the same",
			"line 11: another account has the same email",
			"line 18: another account has the same email",
		}
		if failed != "" || !slices.Equal(told, want) || done.Created != 15 || done.Unchanged != 1 || done.Refused != 4 {
			t.Errorf("%+v, %s, told %q", done, failed, told)
		}
		after, n := exported(t, l, housetest.PoolID, phrase)
		var was, is []string
		eachUser(t, before, phrase, func(line []byte) { was = append(was, string(line)) })
		eachUser(t, after, phrase, func(line []byte) { is = append(is, string(line)) })
		for _, line := range was {
			if !slices.Contains(is, line) {
				t.Errorf("%s is no more, or not as before", line)
			}
		}
		if counted, err := db.Users.Count(t.Context(), housetest.PoolID); n != 25 || counted != 25 || err != nil {
			t.Errorf("%d users, and %d are counted, %v; want 25", n, counted, err)
		}
	})
}

// A user who was deleted and comes back by a file comes back without what was
// open: no refresh token from before is good again.
func TestARestoredUserIsSignedOut(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h, l := keyedHouse(t, database, housetest.PoolID)
		tokens := signedIn(t, h, ann, "secret1")
		file, n := exported(t, l, housetest.PoolID, phrase)
		if n != 1 {
			t.Fatalf("%d users go out", n)
		}
		u, err := h.DB.Users.ByName(t.Context(), housetest.PoolID, pool.Name{Kind: pool.NameEmail, Folded: ann})
		must(t, err)
		must(t, h.DB.Users.Delete(t.Context(), housetest.PoolID, u.Sub))
		if done, failed := arriving(t, l, file, phrase); done.Created != 1 {
			t.Fatalf("%+v, %s", done, failed)
		}
		_, err = sdk(h).InitiateAuth(t.Context(), &cip.InitiateAuthInput{
			AuthFlow: types.AuthFlowTypeRefreshTokenAuth, ClientId: clientID(), AuthParameters: map[string]string{"REFRESH_TOKEN": *tokens.RefreshToken},
		})
		refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
		if _, err := byPassword(h, ann, "secret1"); err != nil {
			t.Errorf("the password from before: %v", err)
		}
		if _, err := beginSRP(t, h, ann, "secret1").answer(t, nil); err != nil {
			t.Errorf("the password from before, proven: %v", err)
		}
	})
}

// twoFaced is one file when it is read first, and another from then on.
type twoFaced struct {
	*bytes.Reader
	then []byte
}

// Seek turns the other face after the first reading.
func (f *twoFaced) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		f.Reader = bytes.NewReader(f.then)
	}
	return f.Reader.Seek(offset, whence)
}

// What is written is what was checked, whoever changes the file meanwhile.
func TestAFileThatChangesIsRefused(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		l := cottage(t, database, nil)
		whole := bare(t, 1200)
		first := bytes.SplitAfter(whole, []byte("\n"))
		for name, c := range map[string]struct {
			then    []byte
			written int64
		}{
			"another address at once":  {bytes.Replace(whole, []byte("person7@"), []byte("eve@"), 1), 0},
			"more users":               {bytes.Join(append(slices.Clone(first[:1001]), slices.Concat(first[1001:1201], first[1001:])...), nil), 1000},
			"another address later on": {bytes.Replace(whole, []byte("person1100@"), []byte("eve@"), 1), 1000},
		} {
			done, err := arriving(t, l, &twoFaced{bytes.NewReader(whole), c.then}, nil)
			if err == "" || done.Created+done.Unchanged != c.written {
				t.Errorf("%s: %+v, %q", name, done, err)
			}
		}
		if n, err := opened(t, l).Users.Count(t.Context(), housetest.PoolID); n != 1000 || err != nil {
			t.Errorf("%d users are there, %v", n, err)
		}
	})
}
