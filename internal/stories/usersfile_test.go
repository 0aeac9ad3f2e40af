package stories_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/uuid"

	"github.com/poolhouse/poolhouse/internal/archive"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

var (
	usersHeader = archive.Header{Format: "poolhouse-users", Version: 1, Source: housetest.PoolID}
	phrase      = []byte("a passphrase that is long")
)

// userLine is a line of a file of users, as docs/users-file.md has it.
type userLine struct {
	Sub              string
	Username         string
	Attributes       map[string]string `json:",omitzero"`
	Status           string
	Disabled         bool     `json:",omitzero"`
	Groups           []string `json:",omitzero"`
	CreateDate       int64
	LastModifiedDate int64
	Password         []byte `json:",omitzero"`
}

// userPassword is what is in the box of a line.
type userPassword struct {
	Hash        string `json:",omitempty"`
	SRPName     string `json:",omitempty"`
	SRPSalt     []byte `json:",omitempty"`
	SRPVerifier []byte `json:",omitempty"`
	SetAt       int64  `json:",omitempty"`
}

// cottage is a ledger without a server, with the house's pool and three groups.
func cottage(t testing.TB, database string, change func(*setup.Document)) server.Ledger {
	t.Helper()
	l := server.Ledger{Database: database, MasterKeyFile: filepath.Join(t.TempDir(), "master.key"), Region: "us-east-1", Log: slog.New(slog.DiscardHandler)}
	d := housetest.Document(t, func(d *setup.Document) {
		for _, name := range []string{"cooks", "guests", "hosts"} {
			d.Groups = append(d.Groups, setup.GroupEntry{UserPoolID: housetest.PoolID, GroupName: name})
		}
		if change != nil {
			change(d)
		}
	})
	_, err := server.Apply(t.Context(), l, *d, false)
	must(t, err)
	return l
}

// nth is the nth of many users: every member is there in some, and left out in
// some.
func nth(i, of int) (userLine, userPassword) {
	random := rand.New(rand.NewPCG(1, uint64(i)))
	id := make([]byte, 16)
	for at := range id {
		id[at] = byte(random.Uint32())
	}
	place := uint32(uint64(i) << 32 / uint64(of)) // the subs are in order, and of every beginning
	id[0], id[1], id[2], id[3] = byte(place>>24), byte(place>>16), byte(place>>8), byte(place)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	u := userLine{
		Sub: uuid.UUID(id).String(), Status: []string{"CONFIRMED", "CONFIRMED", "CONFIRMED", "UNCONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD"}[i%6], Disabled: i%50 == 7,
		CreateDate: 1_700_000_000_000 + int64(i), LastModifiedDate: 1_710_000_000_000 + int64(i),
		Attributes: map[string]string{"email": fmt.Sprintf("person%d@example.com", i), "email_verified": "true", "given_name": fmt.Sprintf("Person \"%d\" Ångström", i), "family_name": fmt.Sprintf("Family %d", i%1000)},
	}
	u.Username = u.Sub
	if i%3 == 0 {
		u.Groups = []string{"cooks", "hosts"}
	}
	if u.Status == "RESET_REQUIRED" {
		return u, userPassword{}
	}
	salt, verifier := make([]byte, 16), make([]byte, 384)
	for at := range verifier {
		verifier[at] = byte(random.Uint32())
	}
	copy(salt, verifier)
	hash := fmt.Sprintf("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$%043d", i)
	return u, userPassword{Hash: hash[:len(hash)-1] + "A", SRPName: u.Username, SRPSalt: salt, SRPVerifier: verifier, SetAt: u.CreateDate}
}

// usersFile writes a file of n users, each changed by change.
func usersFile(t testing.TB, n int, change func(i int, u *userLine, p *userPassword)) *os.File {
	t.Helper()
	f := newFile(t)
	w, err := archive.NewWriter(f, usersHeader, archive.Passphrase{Text: phrase, Costs: archive.Light()})
	must(t, err)
	for i := range n {
		u, p := nth(i, n)
		if change != nil {
			change(i, &u, &p)
		}
		if p.Hash != "" {
			plain, err := json.Marshal(p)
			must(t, err)
			u.Password, err = w.Seal(u.Sub+"|Password", plain)
			must(t, err)
		}
		must(t, w.Line(u))
	}
	must(t, w.Close())
	rewind(t, f)
	return f
}

func newFile(t testing.TB) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "users")
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func rewind(t testing.TB, f *os.File) {
	t.Helper()
	_, err := f.Seek(0, io.SeekStart)
	must(t, err)
}

// exported is the file that the command writes.
func exported(t testing.TB, l server.Ledger, poolID string, passphrase []byte) (*os.File, int64) {
	t.Helper()
	f := newFile(t)
	n, err := server.ExportUsers(t.Context(), l, poolID, f, passphrase)
	must(t, err)
	rewind(t, f)
	return f, n
}

// eachUser calls f for each line of a file, with the box opened and put in its
// place.
func eachUser(t testing.TB, file *os.File, passphrase []byte, f func(line []byte)) {
	t.Helper()
	rewind(t, file)
	r, err := archive.NewReader(file, usersHeader, passphrase)
	must(t, err)
	for {
		var line json.RawMessage
		if err := r.Next(&line); err == io.EOF {
			rewind(t, file)
			return
		} else if err != nil {
			t.Fatal(err)
		}
		var u userLine
		must(t, json.Unmarshal(line, &u))
		if u.Password != nil {
			box, err := json.Marshal(u.Password)
			must(t, err)
			inside, err := r.Open(u.Sub+"|Password", u.Password)
			must(t, err)
			line = bytes.Replace(line, box, inside, 1)
		}
		f(line)
	}
}

// sameUsers demands that two files are equal but for salts and nonces.
func sameUsers(t testing.TB, a, b *os.File) {
	t.Helper()
	var want [][sha256.Size]byte
	eachUser(t, a, phrase, func(line []byte) { want = append(want, sha256.Sum256(line)) })
	n := 0
	eachUser(t, b, phrase, func(line []byte) {
		if n == len(want) || sha256.Sum256(line) != want[n] {
			t.Fatalf("user %d is not as before: %s", n, line)
		}
		n++
	})
	if n != len(want) {
		t.Fatalf("%d users are there, and %d were", n, len(want))
	}
}

// figures logs how long a step took and the most memory that the process ever
// had.
func figures(t testing.TB, step string, since time.Time, f *os.File) {
	t.Helper()
	info, err := f.Stat()
	must(t, err)
	status, _ := os.ReadFile("/proc/self/status") // there is none outside Linux
	peak := regexp.MustCompile(`VmHWM:\s*(.*)`).FindSubmatch(status)
	t.Logf("%s: %s, file %d MB, peak of resident memory %s", step, time.Since(since).Round(100*time.Millisecond), info.Size()/1e6, append(peak, nil, nil)[1])
}

// Users go in, out and in again, and are the same: 2,000 of them, or a million
// with -million.
func TestUsersInAndOut(t *testing.T) {
	if !*million {
		t.Parallel()
	}
	housetest.Databases(t, func(t *testing.T, database string) {
		n := 2000
		if *million {
			n = 1_000_000
		}
		l, given := cottage(t, database, nil), usersFile(t, n, nil)
		imports := func(file *os.File, want server.Imported) {
			t.Helper()
			begin := time.Now()
			done, err := server.ImportUsers(t.Context(), l, housetest.PoolID, file, phrase)
			if err != nil || done.Created != want.Created || done.Unchanged != want.Unchanged || done.Refused != 0 {
				t.Fatalf("importing gives %+v, %v; want %+v", done, err, want)
			}
			figures(t, fmt.Sprintf("in, %d created", done.Created), begin, file)
		}
		all := int64(n)
		imports(given, server.Imported{Created: all})
		begin := time.Now()
		out, count := exported(t, l, housetest.PoolID, phrase)
		figures(t, "out", begin, out)
		if count != all {
			t.Errorf("%d users go out, want %d", count, all)
		}
		sameUsers(t, given, out)
		imports(out, server.Imported{Unchanged: all})
		db := opened(t, l)
		if got, err := db.Users.Count(t.Context(), housetest.PoolID); err != nil || got != all {
			t.Errorf("the pool counts %d users, %v; want %d", got, err, all)
		}
		_, some := nth(0, n)
		u, err := db.Users.ByName(t.Context(), housetest.PoolID, pool.Name{Kind: pool.NameEmail, Folded: "person0@example.com"})
		if err != nil || u.Password.Hash != some.Hash || u.NotBefore == 0 {
			t.Errorf("person 0 is %+v, %v", u, err)
		}
	})
}

// opened is the ledger, for looking into it.
func opened(t testing.TB, l server.Ledger) *store.DB {
	t.Helper()
	_, db, err := server.OpenLedger(t.Context(), l.Database, l.MasterKeyFile, l.Log)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// keyedHouse is a house with a pool of the id, whose ledger is used by commands
// beside it.
func keyedHouse(t *testing.T, database, id string) (*housetest.House, server.Ledger) {
	t.Helper()
	l := server.Ledger{Database: database, MasterKeyFile: filepath.Join(t.TempDir(), "master.key"), Region: "us-east-1", Log: slog.New(slog.DiscardHandler)}
	return housetest.Start(t, housetest.Config{Database: database, KeyFile: l.MasterKeyFile, Document: everyFlow(t, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.ID = id })}), l
}

// Somebody who moves to another server signs in there as before: by the password
// and, where the pool has the same name, by its proof. Elsewhere the proof is
// possible from the first sign-in with the password on.
func TestPeopleMove(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h, l := keyedHouse(t, database, housetest.PoolID)
		for _, id := range []string{housetest.PoolID, otherPool} {
			old, from := keyedHouse(t, "sqlite:"+filepath.Join(t.TempDir(), "old.db"), id)
			who := strings.ToLower(pool.ShortName(id)) + "@example.com"
			join(t, old, who, "secret1")
			file, _ := exported(t, from, id, phrase)
			if done, err := server.ImportUsers(t.Context(), l, housetest.PoolID, file, phrase); done.Created != 1 || err != nil {
				t.Fatalf("%+v, %v", done, err)
			}
			if _, err := beginSRP(t, h, who, "secret1").answer(t, nil); (err == nil) != (id == housetest.PoolID) {
				t.Errorf("from %s, by the proof: %v", id, err)
			}
			if _, err := byPassword(h, who, "secret1"); err != nil {
				t.Errorf("from %s, by the password: %v", id, err)
			}
			if _, err := beginSRP(t, h, who, "secret1").answer(t, nil); err != nil {
				t.Errorf("from %s, by the proof after the password: %v", id, err)
			}
		}
	})
}

// Without a passphrase nothing secret leaves, and people set a new password.
func TestPeopleMoveWithoutSecrets(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h, l := keyedHouse(t, database, housetest.PoolID)
		old, from := keyedHouse(t, "sqlite:"+filepath.Join(t.TempDir(), "old.db"), housetest.PoolID)
		join(t, old, ann, "secret1")
		file, _ := exported(t, from, housetest.PoolID, nil)
		all, err := io.ReadAll(file)
		must(t, err)
		if bytes.Contains(all, []byte("argon2id")) || bytes.Contains(all, []byte("Password")) {
			t.Errorf("something secret is in %s", all)
		}
		rewind(t, file)
		if done, err := server.ImportUsers(t.Context(), l, housetest.PoolID, file, nil); done.Created != 1 || err != nil {
			t.Fatalf("%+v, %v", done, err)
		}
		if _, err := byPassword(h, ann, "secret1"); err == nil {
			t.Error("the old password is good, which did not come along")
		}
		_, err = sdk(h).ForgotPassword(t.Context(), &cip.ForgotPasswordInput{ClientId: clientID(), Username: aws.String(ann)})
		must(t, err)
		_, err = sdk(h).ConfirmForgotPassword(t.Context(), &cip.ConfirmForgotPasswordInput{
			ClientId: clientID(), Username: aws.String(ann), Password: aws.String("secret2"), ConfirmationCode: aws.String(h.Code(ann)),
		})
		must(t, err)
		if _, err := byPassword(h, ann, "secret2"); err != nil {
			t.Errorf("the new password: %v", err)
		}
	})
}

// Every table that holds something of people is named here, with how it travels
// in a file of users: a new one fails until that was decided.
func TestEveryTableOfPeopleTravelsOrStays(t *testing.T) {
	t.Parallel()
	travels := map[string]string{
		"users": "a line each", "user_names": "made of the line", "user_index": "made of the line", "group_members": "Groups",
		"mailed_codes": "stays: can be sent again", "windows": "stays: an hour's budget", "lockouts": "stays: a quarter of an hour at most",
		"browser_sessions": "stays: was open, and ends", "grants": "stays: was open, and ends",
	}
	path := filepath.Join(t.TempDir(), "house.db")
	opened(t, cottage(t, "sqlite:"+path, nil))
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	rows, err := db.Query(`SELECT DISTINCT t.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name IN ('sub', 'owner')`)
	must(t, err)
	defer rows.Close()
	found := 0
	for rows.Next() {
		var table string
		must(t, rows.Scan(&table))
		if found++; travels[table] == "" {
			t.Errorf("the table %s is new: say how it travels", table)
		}
	}
	if must(t, rows.Err()); found != len(travels) {
		t.Errorf("%d tables hold something of people, and %d are named", found, len(travels))
	}
}

// breaking cancels once a file has been read to its middle for the second time.
type breaking struct {
	*os.File
	cancel    context.CancelFunc
	left, per int
}

// Read reads a little at a time.
func (b *breaking) Read(into []byte) (int, error) {
	if b.left -= b.per; b.left < 0 {
		b.cancel()
	}
	return b.File.Read(into[:min(len(into), b.per)])
}

// An import that was broken off leaves whole batches, and is run again.
func TestABrokenImportIsRunAgain(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		const n = 2500
		l, file := cottage(t, database, nil), usersFile(t, n, nil)
		info, err := file.Stat()
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		_, err = server.ImportUsers(ctx, l, housetest.PoolID, &breaking{file, cancel, int(info.Size()) * 16 / 10, 4096}, phrase)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("the import ends with %v", err)
		}
		db := opened(t, l)
		some, err := db.Users.Count(t.Context(), housetest.PoolID)
		if err != nil || some == 0 || some == n || some%500 != 0 {
			t.Errorf("%d users are there, %v; want some batches", some, err)
		}
		rewind(t, file)
		done, err := server.ImportUsers(t.Context(), l, housetest.PoolID, file, phrase)
		if err != nil || done.Unchanged != some || done.Created != n-some || done.Refused != 0 {
			t.Errorf("run again it gives %+v, %v", done, err)
		}
		out, _ := exported(t, l, housetest.PoolID, phrase)
		sameUsers(t, file, out)
	})
}

// Two imports of one file at once write each user once.
func TestTwoImportsAtOnce(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		const n = 3000
		l, file := cottage(t, database, nil), usersFile(t, n, nil)
		whole, err := io.ReadAll(file)
		must(t, err)
		var both sync.WaitGroup
		var created, unchanged atomic.Int64
		for range 2 {
			both.Go(func() {
				done, err := server.ImportUsers(t.Context(), l, housetest.PoolID, bytes.NewReader(whole), phrase)
				if err != nil || done.Refused != 0 {
					t.Errorf("%+v, %v", done, err)
				}
				created.Add(done.Created)
				unchanged.Add(done.Unchanged)
			})
		}
		both.Wait()
		if created.Load() != n || unchanged.Load() != n {
			t.Errorf("%d were created, %d there already", created.Load(), unchanged.Load())
		}
		out, _ := exported(t, l, housetest.PoolID, phrase)
		sameUsers(t, file, out)
	})
}
