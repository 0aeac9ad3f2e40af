package store_test

import (
	"slices"
	"testing"
)

// undone is, for each migration after the first, what takes it back.
func undone() map[int][]string {
	return map[int][]string{
		3:  {`DROP TABLE user_counts`, `DROP TABLE operator_keys`, `DROP TABLE dropped_pools`},
		4:  {`DROP INDEX browser_sessions_sub`, `ALTER TABLE browser_sessions DROP COLUMN sub`},
		5:  {`DROP TABLE resource_servers`},
		6:  {`DROP TABLE group_members`, `DROP TABLE user_groups`},
		7:  {},
		8:  {`DROP TABLE user_index`},
		9:  {`DROP TABLE identity_providers`, `DROP TABLE provider_keys`},
		10: {`DROP TABLE ui_customizations`, `DROP TABLE ui_logos`},
		11: {`DROP TABLE import_jobs`, `DROP TABLE import_queue`, `DROP TABLE import_files`, `DROP TABLE import_chunks`, `DROP TABLE import_failures`},
		12: {`DROP TABLE events`},
	}
}

// backTo makes a ledger one of before: as the migration of that number left it.
func backTo(t *testing.T, location string, version int) {
	t.Helper()
	side := raw(t, location)
	newer := []int{}
	for v := range undone() {
		if v > version {
			newer = append(newer, v)
		}
	}
	slices.Sort(newer)
	slices.Reverse(newer)
	for _, v := range newer {
		for _, statement := range undone()[v] {
			must(t, second(side.Exec(statement)))
		}
	}
	must(t, second(side.Exec(`DELETE FROM goose_db_version WHERE version_id > $1`, version)))
}
