package setup_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

const grouped = `{
	"UserPools": [{"Id": "us-east-1_One", "PoolName": "one"}],
	"Groups": [
		{"GroupName": "admins", "Precedence": 0, "RoleArn": "arn:aws:iam::123456789012:role/Admin", "Description": "may do all"},
		{"GroupName": "Admins"}]
}`

func TestApplyGroups(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		said := func(doc string, dry bool, want ...string) {
			t.Helper()
			changes, err := s.Apply(ctx, read(t, doc), dry)
			must(t, err)
			if diff := cmp.Diff(want, did(changes)[1:]); diff != "" {
				t.Error(diff)
			}
		}
		said(grouped, true, "created group admins", "created group Admins")
		if _, err := s.DB.Groups.Get(ctx, poolOne, "admins"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a dry run made a group: %v", err)
		}
		said(grouped, false, "created group admins", "created group Admins")
		said(grouped, false, "unchanged group admins", "unchanged group Admins")

		// What an entry leaves out returns to its default; what the document
		// leaves out stays.
		less := `{"UserPools": [{"Id": "us-east-1_One", "PoolName": "one"}], "Groups": [{"GroupName": "admins", "Precedence": 3}]}`
		said(less, true, "updated group admins Description,Precedence,RoleArn")
		if g, err := s.DB.Groups.Get(ctx, poolOne, "admins"); err != nil || *g.Precedence != 0 {
			t.Errorf("a dry run changed a group: %+v, %v", g, err)
		}
		said(less, false, "updated group admins Description,Precedence,RoleArn")
		g, err := s.DB.Groups.Get(ctx, poolOne, "admins")
		if err != nil || *g.Precedence != 3 || g.RoleArn != "" || g.Description != nil {
			t.Errorf("the group is %+v, %v", g, err)
		}
		_, err = s.DB.Groups.Get(ctx, poolOne, "Admins")
		must(t, err)
	})
}

// A refused group leaves the whole document undone, and names its member.
func TestApplyGroupRefusals(t *testing.T) {
	t.Parallel()
	for entry, field := range map[string]string{
		`{"GroupName": "the admins"}`:                             "GroupName",
		`{"GroupName": ""}`:                                       "GroupName",
		`{"GroupName": "a", "Precedence": -1}`:                    "Precedence",
		`{"GroupName": "a", "RoleArn": "Admin"}`:                  "RoleArn",
		`{"GroupName": "a", "UserPoolId": "us-east-1_Nowhere01"}`: "UserPoolId",
	} {
		s := onSQLite(t)
		_, err := s.Apply(t.Context(), read(t, strings.Replace(grouped, `{"GroupName": "Admins"}`, entry, 1)), false)
		if e := pool.AsError(err); e == nil || e.Field != field || !strings.HasPrefix(err.Error(), "Groups.1: "+field+": ") {
			t.Errorf("%s: %v, want it to name %s", entry, err, field)
		}
		isEmpty(t, s)
	}
}

// A second group of a name is refused, and the first stays what it is.
func TestCreateGroupTwice(t *testing.T) {
	t.Parallel()
	s := onSQLite(t)
	must(t, second(s.Apply(t.Context(), read(t, grouped), false)))
	if _, err := s.CreateGroup(t.Context(), setup.GroupEntry{UserPoolID: poolOne, GroupName: "admins"}); !errors.Is(err, &pool.Error{Kind: pool.GroupExists}) {
		t.Errorf("a second group of the name: %v", err)
	}
	if g, err := s.DB.Groups.Get(t.Context(), poolOne, "admins"); err != nil || g.RoleArn == "" {
		t.Errorf("the first is %+v, %v", g, err)
	}
}
