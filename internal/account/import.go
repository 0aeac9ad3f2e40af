package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"

	"github.com/poolhouse/poolhouse/internal/archive"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// arrivalBatch is how many users are written together or not at all.
const arrivalBatch = 1000

// maxConflicts is how many conflicts are told one by one.
const maxConflicts = 100

// Imported is what an import did.
type Imported struct {
	Created, Unchanged, Refused int64
	Conflicts                   []error // [archive.LineError]s, the first hundred of those that were refused
}

// Why a user of a good file is not written.
var (
	errDifferent = errors.New("the pool has this user already, and not the same")
	errOther     = errors.New("the file was changed while it was read")
	errRacing    = errors.New("others kept taking the names of users who were being written: run it again")
)

// arrival is one user of a file, as this pool takes them in.
type arrival struct {
	line   int
	user   pool.User
	groups []string
}

// Import reads a file of users into a pool. The file is read twice: nothing is
// written unless all of it is whole, was sealed under the passphrase, and holds
// users whom the pool could have. A user who is there already just so is left
// alone, so that an import which was broken off can be run again; one who is
// there in another way, or of whose names somebody else has one, is told and
// not written. Nobody is told of it by mail, and whatever a user had open
// before, elsewhere or here, is ended.
func (a *Accounts) Import(ctx context.Context, p pool.Pool, file io.ReadSeeker, passphrase []byte) (Imported, error) {
	begin, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return Imported{}, err
	}
	sums, err := a.checkFile(ctx, p, file, passphrase)
	if err != nil {
		return Imported{}, err
	}
	if _, err := file.Seek(begin, io.SeekStart); err != nil {
		return Imported{}, err
	}
	return a.writeFile(ctx, p, file, passphrase, sums)
}

// checkFile reads a file to its end without writing anything. It returns the sum
// at the end of each batch, by which the file is known when it is read again.
func (a *Accounts) checkFile(ctx context.Context, p pool.Pool, file io.Reader, passphrase []byte) (sums [][]byte, err error) {
	r, err := archive.NewReader(file, usersFile, passphrase)
	if err != nil {
		return nil, err
	}
	rules, groups, last := p.ArrivalsFrom(r.Source), map[string]bool{}, ""
	for n := 1; ; n++ {
		one, err := nextArrival(r, rules)
		if err == io.EOF {
			return append(sums, r.Sum()), nil
		}
		if err == nil {
			err = a.checkArrival(ctx, p, one, rules, last, groups)
			err = atLine(one.line, err)
		}
		if err != nil {
			return nil, err
		}
		if last = one.user.Sub; n%arrivalBatch == 0 {
			sums = append(sums, r.Sum())
		}
	}
}

// checkArrival holds one user against the pool; groups are those that are known
// to be there.
func (a *Accounts) checkArrival(ctx context.Context, p pool.Pool, one arrival, rules pool.Arrivals, last string, groups map[string]bool) error {
	if err := rules.Check(one.user, one.groups); err != nil {
		return errors.New(pool.PlainLine(err))
	}
	if one.user.Sub <= last {
		return wrongMember("Sub", "the users must be in the order of their subs, each once")
	}
	if hash := one.user.Password.Hash; hash != "" && !password.IsHash(hash) {
		return wrongMember("Password", "its hash is no argon2id hash in PHC's form")
	}
	for _, name := range one.groups {
		if groups[name] {
			continue
		}
		if err := (pool.Group{GroupName: name}).Check(); err != nil {
			return wrongMember("Groups", "no group has such a name")
		}
		if _, err := a.DB.Groups.Get(ctx, p.ID, name); errors.Is(err, store.ErrNotFound) {
			return wrongMember("Groups", fmt.Sprintf("the pool has no group %q: make it first", name))
		} else if err != nil {
			return err
		}
		groups[name] = true
	}
	return nil
}

// nextArrival reads a user; io.EOF after the last of a whole file.
func nextArrival(r *archive.Reader, rules pool.Arrivals) (arrival, error) {
	var t traveller
	if err := r.Next(&t); err != nil {
		return arrival{}, err
	}
	secret, mfa, err := openPassword(r, t)
	u := t.user()
	u.Password, u.MFA = secret, mfa
	return arrival{r.Line(), rules.Settle(u), t.Groups}, err
}

// wrongMember says what is wrong with which member of a line.
func wrongMember(member, why string) error { return fmt.Errorf("%s: %s", member, why) }

func atLine(line int, err error) error {
	if err == nil {
		return nil
	}
	return &archive.LineError{Line: line, Err: err}
}

// writeFile writes the users of a file that was found good, as far as it is still
// the same.
func (a *Accounts) writeFile(ctx context.Context, p pool.Pool, file io.Reader, passphrase []byte, sums [][]byte) (done Imported, err error) {
	r, err := archive.NewReader(file, usersFile, passphrase)
	if err != nil {
		return done, err
	}
	rules, batch := p.ArrivalsFrom(r.Source), make([]arrival, 0, arrivalBatch)
	for {
		one, err := nextArrival(r, rules)
		if err == nil {
			batch = append(batch, one)
		}
		if err == io.EOF || len(batch) == arrivalBatch {
			if len(sums) == 0 || !bytes.Equal(sums[0], r.Sum()) {
				return done, errOther
			}
			sums = sums[1:]
			if err := a.writeBatch(ctx, p, batch, &done); err != nil {
				return done, err
			}
			batch = batch[:0]
		}
		if err == io.EOF {
			return done, nil
		}
		if err != nil {
			return done, err
		}
	}
}

// writeBatch writes a batch in one transaction, again where somebody who signed
// up meanwhile took a name.
func (a *Accounts) writeBatch(ctx context.Context, p pool.Pool, batch []arrival, done *Imported) error {
	for range 5 {
		var some Imported
		err := a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
			some = Imported{}
			return a.writeAll(ctx, tx, p, batch, &some)
		})
		if errors.Is(err, store.ErrExists) {
			continue
		}
		if err == nil {
			done.add(some)
		}
		return err
	}
	return errRacing
}

func (i *Imported) add(some Imported) {
	i.Created, i.Unchanged, i.Refused = i.Created+some.Created, i.Unchanged+some.Unchanged, i.Refused+some.Refused
	i.Conflicts = append(i.Conflicts, some.Conflicts[:min(len(some.Conflicts), maxConflicts-len(i.Conflicts))]...)
}

func (a *Accounts) writeAll(ctx context.Context, tx *store.DB, p pool.Pool, batch []arrival, done *Imported) error {
	if _, err := tx.Pools.Get(ctx, p.ID); err != nil { // deleted meanwhile
		return err
	}
	fresh, err := a.fresh(ctx, tx, p, batch, done)
	if err != nil {
		return err
	}
	users, groups, joined := make([]pool.User, len(fresh)), map[string]bool{}, []store.Membership(nil)
	for i, one := range fresh {
		one.user.EndAll(a.Now())
		users[i] = one.user
		for _, name := range one.groups {
			groups[name] = true
			joined = append(joined, store.Membership{Group: name, Sub: one.user.Sub})
		}
	}
	if err := tx.Users.CreateAll(ctx, p, users); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) { // as Join does: none is deleted meanwhile
		if _, err := tx.Groups.Update(ctx, func(*pool.Group) error { return nil }, p.ID, name); err != nil {
			return noGroup(err)
		}
	}
	done.Created += int64(len(users))
	return tx.Members.JoinAll(ctx, p.ID, joined)
}

// fresh is whom of a batch the pool does not have and can take in.
func (a *Accounts) fresh(ctx context.Context, tx *store.DB, p pool.Pool, batch []arrival, done *Imported) ([]arrival, error) {
	var subs []string
	var names []pool.Name
	for _, one := range batch {
		subs = append(subs, one.user.Sub)
		names = append(names, p.NamesOf(one.user)...)
	}
	there, err := tx.Users.Among(ctx, p.ID, subs)
	if err != nil {
		return nil, err
	}
	groups, err := a.groupsOf(ctx, tx, slices.Collect(maps.Values(there)))
	if err != nil {
		return nil, err
	}
	holders, err := tx.Users.Holders(ctx, p.ID, names)
	if err != nil {
		return nil, err
	}
	var out []arrival
	for _, one := range batch {
		err := conflict(p, one, there, groups, holders)
		switch {
		case errors.Is(err, errSame):
			done.Unchanged++
		case err != nil:
			done.Refused++
			done.Conflicts = append(done.Conflicts, atLine(one.line, err))
		default:
			out = append(out, one)
		}
	}
	return out, nil
}

// errSame says that the user is there just so.
var errSame = errors.New("the same")

// conflict says why a user is not to be written, and otherwise notes the names
// that the user takes.
func conflict(p pool.Pool, one arrival, there map[string]pool.User, groups map[string][]string, holders map[pool.Name]string) error {
	sub := one.user.Sub
	if u, found := there[sub]; found {
		same := u.Password == one.user.Password && reflect.DeepEqual(travelling(u, groups[sub]), travelling(one.user, one.groups))
		if same {
			return errSame
		}
		return errDifferent
	}
	for _, n := range p.NamesOf(one.user) {
		if holder, taken := holders[n.Claim()]; taken && holder != sub {
			return errors.New("another account has the same " + string(n.Kind))
		}
	}
	for _, n := range p.NamesOf(one.user) {
		holders[n.Claim()] = sub
	}
	return nil
}
