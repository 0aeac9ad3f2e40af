package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Many accounts at a time: what one batch asks and writes goes in a few
// statements of many rows each.

// Membership is one person in one group.
type Membership struct{ Group, Sub string }

// rowsAtOnce is how many rows a statement has: few enough for the databases'
// limits on parameters, and a number of statements that PostgreSQL can keep
// prepared.
const rowsAtOnce = 250

// Among returns those of the users with the subs who are there, by their subs.
func (u Users) Among(ctx context.Context, poolID string, subs []string) (map[string]pool.User, error) {
	out := map[string]pool.User{}
	err := u.db.each(ctx, `SELECT sub, doc FROM users WHERE pool = $1 AND sub IN `, []any{poolID}, subs, func(scan func(...any) error) error {
		var sub, doc string
		var user pool.User
		if err := scan(&sub, &doc); err != nil {
			return err
		}
		err := u.db.decode(doc, &user, "users", []string{poolID, sub})
		out[sub] = user
		return err
	})
	return out, err
}

// Holders returns the subs of the users who have the names, by the entries that
// the names take.
func (u Users) Holders(ctx context.Context, poolID string, names []pool.Name) (map[pool.Name]string, error) {
	folded := map[pool.NameKind][]string{}
	for _, n := range names {
		folded[n.Claim().Kind] = append(folded[n.Claim().Kind], n.Folded)
	}
	out := map[pool.Name]string{}
	for kind, all := range folded {
		err := u.db.each(ctx, `SELECT folded, sub FROM user_names WHERE pool = $1 AND kind = $2 AND folded IN `, []any{poolID, string(kind)}, all, func(scan func(...any) error) error {
			var name, sub string
			err := scan(&name, &sub)
			out[pool.Name{Kind: kind, Folded: name}] = sub
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// NamesOf returns the names of the groups that people are in, in their order,
// by the people's subs.
func (m Members) NamesOf(ctx context.Context, poolID string, subs []string) (map[string][]string, error) {
	out := map[string][]string{}
	err := m.db.each(ctx, `SELECT sub, name FROM group_members WHERE pool = $1 AND sub IN `, []any{poolID}, subs, func(scan func(...any) error) error {
		var sub, name string
		err := scan(&sub, &name)
		out[sub] = append(out[sub], name)
		return err
	})
	for _, names := range out {
		slices.Sort(names)
	}
	return out, err
}

// each asks for the rows whose last column is one of values.
func (db *DB) each(ctx context.Context, query string, bound []any, values []string, row func(scan func(...any) error) error) error {
	for some := range slices.Chunk(values, rowsAtOnce) {
		rows, err := db.query(ctx, query+"("+placeholders(len(bound)+1, len(some))+")", append(slices.Clip(bound), args(some)...)...)
		if err != nil {
			return err
		}
		for rows.Next() && err == nil {
			err = row(rows.Scan)
		}
		rows.Close()
		if err == nil {
			err = rows.Err()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// CreateAll writes new users with the names that p gives them, or returns
// ErrExists where one of them or of their names is there. It stands in a
// transaction, for some may be written then.
func (u Users) CreateAll(ctx context.Context, p pool.Pool, users []pool.User) error {
	var rows, names, index [][]any
	subs := make([]string, len(users))
	for i := range users {
		user := &users[i]
		doc, err := u.db.encode(user, "users", []string{p.ID, user.Sub})
		if err != nil {
			return err
		}
		rows = append(rows, []any{user.Sub, doc, 1})
		taken := map[pool.Name]bool{}
		for _, n := range p.NamesOf(*user) {
			if n = n.Claim(); !taken[n] {
				taken[n] = true
				names = append(names, []any{string(n.Kind), n.Folded, user.Sub})
			}
		}
		for _, v := range user.Searched() {
			index = append(index, []any{v.Attribute, v.Value, user.Sub})
		}
		subs[i] = user.Sub
	}
	for _, rows := range [][][]any{names, index} { // side by side in the table, too: what is near is written together
		slices.SortFunc(rows, func(a, b []any) int {
			return cmp.Or(cmp.Compare(a[0].(string), b[0].(string)), cmp.Compare(a[1].(string), b[1].(string)))
		})
	}
	for _, t := range []struct {
		into string
		rows [][]any
	}{{"users (pool, sub, doc, version)", rows}, {"user_names (pool, kind, folded, sub)", names}, {"user_index (pool, attribute, value, sub)", index}} {
		if err := u.db.insertAll(ctx, t.into, p.ID, t.rows); err != nil {
			return err
		}
	}
	return u.countAll(ctx, p.ID, subs)
}

// countAll counts new users, each part in one statement and in their order, so
// that two who write many do not wait for each other in a circle.
func (u Users) countAll(ctx context.Context, poolID string, subs []string) error {
	parts := map[string]int{}
	for _, sub := range subs {
		parts[sub[:min(1, len(sub))]]++
	}
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		if err := u.count(ctx, poolID, part, parts[part]); err != nil {
			return err
		}
	}
	return nil
}

// JoinAll puts people in groups who are in none of these. It stands in a
// transaction that holds the rows of both.
func (m Members) JoinAll(ctx context.Context, poolID string, all []Membership) error {
	rows := make([][]any, len(all))
	for i, one := range all {
		rows[i] = []any{one.Group, one.Sub}
	}
	return m.db.insertAll(ctx, "group_members (pool, name, sub)", poolID, rows)
}

// insertAll writes rows whose first column is the pool, or returns ErrExists
// where one is there already.
func (db *DB) insertAll(ctx context.Context, into, poolID string, rows [][]any) error {
	for some := range slices.Chunk(rows, rowsAtOnce) {
		bound, values := []any{poolID}, make([]string, len(some))
		for i, row := range some {
			values[i] = fmt.Sprintf("($1, %s)", placeholders(len(bound)+1, len(row)))
			bound = append(bound, row...)
		}
		n, err := db.exec(ctx, "INSERT INTO "+into+" VALUES "+strings.Join(values, ", ")+" ON CONFLICT DO NOTHING", bound...)
		if err == nil && n != int64(len(some)) {
			err = ErrExists
		}
		if err != nil {
			return err
		}
	}
	return nil
}
