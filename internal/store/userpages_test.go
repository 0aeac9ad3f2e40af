package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Each page, first or later, by whatever filter, is read off an index: the rows
// that a database looks at are those of the page and one more, in the index and
// among the users, however many there are and wherever the page begins.
func TestListUsersReadsAPage(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		db := open(t, location, newRing(t))
		people(t, db, poolID, 3000, func(i int, u *pool.User) { u.Attributes["name"] = fmt.Sprintf("Ann %d", i%10) })
		conn, err := raw(t, location).Conn(t.Context())
		must(t, err)
		defer conn.Close()
		for _, statistics := range []string{`SELECT 1`, `ANALYZE`} { // without any, and with
			must(t, second(conn.ExecContext(t.Context(), statistics)))
			for _, text := range []string{``, `sub ^= "0"`, `sub = "00100"`, `name = "ann 3"`, `name ^= "ann"`, `status = "Enabled"`, `cognito:user_status ^= ""`, `email ^= "001"`, `email = "00100@example.com"`, `phone_number = "+1"`} {
				for _, after := range []string{"", middle(t, db, text)} {
					readsAPage(t, conn, location, store.UserPage{Filter: filter(t, text), After: after, Limit: 20})
				}
			}
		}
	})
}

func readsAPage(t *testing.T, conn *sql.Conn, location string, page store.UserPage) {
	t.Helper()
	what := fmt.Sprintf("%+v after %q", page.Filter, page.After)
	if strings.HasPrefix(location, "sqlite:") {
		searches(t, conn, what, page)
		return
	}
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		must(t, second(conn.ExecContext(t.Context(), `SET plan_cache_mode = `+mode)))
		if n := looksAt(t, conn, page); n > 2*(page.Limit+1) {
			t.Errorf("%s, %s: %d rows are read", what, mode, n)
		}
	}
}

// middle is where a page ends in the midst of the list, "" if it has one page.
func middle(t *testing.T, db *store.DB, text string) (after string) {
	t.Helper()
	for range 3 {
		_, next, err := db.Users.List(t.Context(), poolID, store.UserPage{Filter: filter(t, text), After: after, Limit: 30})
		must(t, err)
		after = next
	}
	return after
}

// searches demands that SQLite finds the page through the keys, and sorts
// nothing.
func searches(t *testing.T, conn *sql.Conn, what string, page store.UserPage) {
	t.Helper()
	query, bound := page.Statement(poolID)
	all := planOf(t, conn, query, bound)
	for _, costly := range []string{"SCAN u", "AUTOMATIC", "TEMP B-TREE"} {
		if strings.Contains(all, costly) {
			t.Errorf("%s: SQLite reads too much: %s", what, all)
		}
	}
	bounds := "(pool=? AND attribute=? AND (value,sub)>(?,?) AND value<?)"
	if page.Filter.Attribute == "sub" {
		bounds = "(pool=? AND sub>? AND sub<?)"
	}
	if !strings.Contains(all, bounds) {
		t.Errorf("%s: SQLite does not search within %s: %s", what, bounds, all)
	}
}

// planOf is how SQLite answers a question.
func planOf(t *testing.T, conn *sql.Conn, query string, bound []any) string {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, bound...)
	must(t, err)
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		must(t, rows.Scan(&id, &parent, &unused, &step))
		plan = append(plan, step)
	}
	must(t, rows.Err())
	return strings.Join(plan, "; ")
}

// A user's names are found by the user, however many names the pool has.
func TestNamesAreFoundByUser(t *testing.T) {
	t.Parallel()
	location := "sqlite:" + filepath.Join(t.TempDir(), "ledger.db")
	db := open(t, location, newRing(t))
	people(t, db, poolID, 100, func(int, *pool.User) {})
	conn, err := raw(t, location).Conn(t.Context())
	must(t, err)
	defer conn.Close()
	for _, statistics := range []string{`SELECT 1`, `ANALYZE`} {
		must(t, second(conn.ExecContext(t.Context(), statistics)))
		if plan := planOf(t, conn, store.NamesQuery, []any{poolID, "x"}); !strings.Contains(plan, "user_names_sub (pool=? AND sub=?)") {
			t.Errorf("SQLite reads %s", plan)
		}
	}
}

// looksAt says how many rows PostgreSQL looks at for a page.
func looksAt(t *testing.T, conn *sql.Conn, page store.UserPage) int {
	t.Helper()
	ctx := t.Context()
	query, bound := page.Statement(poolID)
	types, values := make([]string, len(bound)), make([]string, len(bound))
	for i, v := range bound {
		types[i], values[i] = "text", "'"+strings.ReplaceAll(v.(string), "'", "''")+"'"
	}
	must(t, second(conn.ExecContext(ctx, `PREPARE page (`+strings.Join(types, ", ")+`) AS `+query)))
	defer conn.ExecContext(context.WithoutCancel(ctx), `DEALLOCATE page`)
	var text string
	must(t, conn.QueryRowContext(ctx, `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE page (`+strings.Join(values, ", ")+`)`).Scan(&text))
	var plans []struct{ Plan node }
	must(t, json.Unmarshal([]byte(text), &plans))
	return int(plans[0].Plan.rows())
}

// node is a step of PostgreSQL's plan.
type node struct {
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Filtered float64 `json:"Rows Removed by Filter"`
	Checked  float64 `json:"Rows Removed by Index Recheck"`
	Plans    []node
}

func (n node) rows() (total float64) {
	if n.Relation != "" {
		total = (n.Rows + n.Filtered + n.Checked) * n.Loops
	}
	for _, below := range n.Plans {
		total += below.rows()
	}
	return total
}
