package pool

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGroupCheck(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::123456789012:role/Admin"

	for what, c := range map[string]struct {
		group Group
		field string
	}{
		"a name":              {Group{GroupName: "admins"}, ""},
		"one letter":          {Group{GroupName: "a"}, ""},
		"odd letters":         {Group{GroupName: "<b>'\";DROP--|,/%é💥"}, ""},
		"the longest":         {Group{GroupName: strings.Repeat("é", 128)}, ""},
		"no name":             {Group{}, "GroupName"},
		"too long":            {Group{GroupName: strings.Repeat("a", 129)}, "GroupName"},
		"a space":             {Group{GroupName: "the admins"}, "GroupName"},
		"a line":              {Group{GroupName: "admins\n"}, "GroupName"},
		"a NUL":               {Group{GroupName: "admins\x00"}, "GroupName"},
		"no UTF-8":            {Group{GroupName: "admins\xff"}, "GroupName"},
		"invisible":           {Group{GroupName: "adm\u200bins"}, "GroupName"},
		"a role":              {Group{GroupName: "a", GroupSettings: GroupSettings{RoleArn: role}}, ""},
		"not a role":          {Group{GroupName: "a", GroupSettings: GroupSettings{RoleArn: "Admin of everything"}}, "RoleArn"},
		"more than a role":    {Group{GroupName: "a", GroupSettings: GroupSettings{RoleArn: role + " x"}}, "RoleArn"},
		"a short role":        {Group{GroupName: "a", GroupSettings: GroupSettings{RoleArn: "arn:a:b:c:1:d"}}, "RoleArn"},
		"a long role":         {Group{GroupName: "a", GroupSettings: GroupSettings{RoleArn: role + strings.Repeat("x", 2048)}}, "RoleArn"},
		"precedence 0":        {Group{GroupName: "a", GroupSettings: GroupSettings{Precedence: new(0)}}, ""},
		"the last precedence": {Group{GroupName: "a", GroupSettings: GroupSettings{Precedence: new(math.MaxInt32)}}, ""},
		"below 0":             {Group{GroupName: "a", GroupSettings: GroupSettings{Precedence: new(-1)}}, "Precedence"},
		"beyond the last":     {Group{GroupName: "a", GroupSettings: GroupSettings{Precedence: new(math.MaxInt32 + 1)}}, "Precedence"},
		"a description":       {Group{GroupName: "a", GroupSettings: GroupSettings{Description: new(strings.Repeat("é", 2048))}}, ""},
		"a long description":  {Group{GroupName: "a", GroupSettings: GroupSettings{Description: new(strings.Repeat("é", 2049))}}, "Description"},
	} {
		got := ""
		if e := AsError(c.group.Check()); e != nil {
			got = e.Field
		}
		if got != c.field {
			t.Errorf("%s: refused at %q, want %q", what, got, c.field)
		}
	}
}

func TestGroupUpdated(t *testing.T) {
	t.Parallel()
	was := GroupSettings{Description: new("old"), RoleArn: "old", Precedence: new(1)}
	if diff := cmp.Diff(was, was.Updated(GroupSettings{})); diff != "" {
		t.Errorf("an update without members: %s", diff)
	}
	next := GroupSettings{Description: new(""), RoleArn: "new", Precedence: new(0)}
	if diff := cmp.Diff(next, was.Updated(next)); diff != "" {
		t.Errorf("an update of all: %s", diff)
	}
}

// Cognito: GroupType, Precedence.
func TestClaimsOfGroups(t *testing.T) {
	t.Parallel()
	group := func(name, role string, precedence ...int) Group {
		g := Group{GroupName: name, GroupSettings: GroupSettings{RoleArn: role}}
		if len(precedence) > 0 {
			g.Precedence = &precedence[0]
		}
		return g
	}
	for what, c := range map[string]struct {
		groups []Group
		want   GroupClaims
	}{
		"none":     {nil, GroupClaims{}},
		"no roles": {[]Group{group("b", ""), group("a", "")}, GroupClaims{Groups: []string{"a", "b"}}},
		"the lower goes first, 0 before all and null last": {
			[]Group{group("a", "r/a"), group("b", "r/b", 7), group("c", "r/c", 0), group("d", "r/d", math.MaxInt32)},
			GroupClaims{[]string{"c", "b", "d", "a"}, []string{"r/c", "r/b", "r/d", "r/a"}, "r/c"}},
		"equal, other roles": {
			[]Group{group("b", "r/b", 1), group("a", "r/a", 1), group("c", "r/c", 2)},
			GroupClaims{[]string{"a", "b", "c"}, []string{"r/a", "r/b", "r/c"}, ""}},
		"equal, one role": {
			[]Group{group("a", "r/x", 1), group("b", "r/x", 1), group("c", "r/c", 2)},
			GroupClaims{[]string{"a", "b", "c"}, []string{"r/x", "r/c"}, "r/x"}},
		"equal, three with two roles": {
			[]Group{group("a", "r/x", 1), group("b", "r/y", 1), group("c", "r/x", 1)},
			GroupClaims{[]string{"a", "b", "c"}, []string{"r/x", "r/y"}, ""}},
		"one without precedence":            {[]Group{group("a", "r/a")}, GroupClaims{[]string{"a"}, []string{"r/a"}, "r/a"}},
		"two without precedence":            {[]Group{group("a", "r/a"), group("b", "r/b")}, GroupClaims{[]string{"a", "b"}, []string{"r/a", "r/b"}, ""}},
		"two without precedence, one role":  {[]Group{group("a", "r/a"), group("b", "r/a")}, GroupClaims{[]string{"a", "b"}, []string{"r/a"}, "r/a"}},
		"the first has no role":             {[]Group{group("a", "", 0), group("b", "r/b", 1), group("c", "r/c", 2)}, GroupClaims{[]string{"a", "b", "c"}, []string{"r/b", "r/c"}, "r/b"}},
		"an equal one without role":         {[]Group{group("a", "", 1), group("b", "r/b", 1)}, GroupClaims{[]string{"a", "b"}, []string{"r/b"}, "r/b"}},
		"a tie further down changes little": {[]Group{group("a", "r/a", 1), group("b", "r/b", 2), group("c", "r/c", 2)}, GroupClaims{[]string{"a", "b", "c"}, []string{"r/a", "r/b", "r/c"}, "r/a"}},
	} {
		if diff := cmp.Diff(c.want, ClaimsOfGroups(c.groups)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}
