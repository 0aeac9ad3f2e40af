package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// The index of users: a row for each value by which users may be listed, kept
// in the transaction that writes the user. Rows are found by the user's
// document, before and after, so the table needs no second index.

// UserPage is which users a page shows.
type UserPage struct {
	Filter pool.UserFilter
	After  string // where the page before ended; "" is the first
	Limit  int
}

// List returns a page of users, and where it ended if there are more. It reads
// the rows of the page and one more, whatever the filter. Pages are in the order
// of the subs; of users who were found by the beginning of a value, in the order
// of the values.
func (u Users) List(ctx context.Context, poolID string, page UserPage) (users []pool.User, next string, err error) {
	query, bound := page.statement(poolID)
	rows, err := u.db.query(ctx, query, bound...)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	var place string
	for rows.Next() {
		if len(users) == page.Limit {
			return users, place, nil
		}
		var value, sub, doc string
		var user pool.User
		if err := rows.Scan(&value, &sub, &doc); err != nil {
			return nil, "", err
		}
		if err := u.db.decode(doc, &user, "users", []string{poolID, sub}); err != nil {
			return nil, "", err
		}
		users, place = append(users, user), sub+"\x00"+value
	}
	return users, "", rows.Err()
}

// statement is the question for a page. CROSS JOIN keeps SQLite from asking the
// users first; a limit that is written out lets PostgreSQL plan for few rows.
func (page UserPage) statement(poolID string) (query string, bound []any) {
	least, greatest := page.Filter.Bounds()
	sub, value, later := strings.Cut(page.After, "\x00")
	if page.Filter.Attribute == "sub" {
		from := ">="
		if later {
			from, least = ">", sub
		}
		return fmt.Sprintf(`SELECT '', sub, doc FROM users WHERE pool = $1 AND sub %s $2 AND sub <= $3 ORDER BY sub LIMIT %d`, from, page.Limit+1),
			[]any{poolID, least, greatest}
	}
	if later {
		least = value
	}
	return fmt.Sprintf(`SELECT i.value, u.sub, u.doc FROM (SELECT value, sub FROM user_index WHERE pool = $1 AND attribute = $2 AND (value, sub) > ($3, $4) AND value <= $5
		ORDER BY value, sub LIMIT %d) i CROSS JOIN users u WHERE u.pool = $1 AND u.sub = i.sub ORDER BY i.value, i.sub`, page.Limit+1),
		[]any{poolID, page.Filter.Attribute, least, sub, greatest}
}

// index adds values by which a user is found.
func (u Users) index(ctx context.Context, user *pool.User, values []pool.SearchedValue) error {
	if len(values) == 0 {
		return nil
	}
	rows, bound := indexRows(user, values)
	_, err := u.db.exec(ctx, `INSERT INTO user_index (pool, sub, attribute, value) VALUES `+rows+` ON CONFLICT DO NOTHING`, bound...)
	return err
}

// unindex takes values away by which a user was found.
func (u Users) unindex(ctx context.Context, user *pool.User, values []pool.SearchedValue) error {
	if len(values) == 0 {
		return nil
	}
	rows, bound := indexRows(user, values)
	_, err := u.db.exec(ctx, `DELETE FROM user_index WHERE (pool, sub, attribute, value) IN (VALUES `+rows+`)`, bound...)
	return err
}

// reindex writes what a change of the user changes in the index.
func (u Users) reindex(ctx context.Context, user *pool.User, before []pool.SearchedValue) error {
	after := user.Searched()
	if err := u.unindex(ctx, user, without(before, after)); err != nil {
		return err
	}
	return u.index(ctx, user, without(after, before))
}

func without(all, some []pool.SearchedValue) []pool.SearchedValue {
	return slices.DeleteFunc(slices.Clone(all), func(v pool.SearchedValue) bool { return slices.Contains(some, v) })
}

func indexRows(user *pool.User, values []pool.SearchedValue) (rows string, bound []any) {
	parts := make([]string, len(values))
	bound = []any{user.UserPoolID, user.Sub}
	for i, v := range values {
		parts[i] = fmt.Sprintf("($1, $2, $%d, $%d)", 2*i+3, 2*i+4)
		bound = append(bound, v.Attribute, v.Value)
	}
	return strings.Join(parts, ", "), bound
}
