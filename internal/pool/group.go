package pool

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Group is a set of people of one pool, known by its name: letter for letter,
// for two names that differ in case alone are two groups. Times are ms.
type Group struct {
	UserPoolID string `json:"UserPoolId"`
	GroupName  string
	GroupSettings
	Stack            string `json:",omitempty"` // the one whose template made it
	CreationDate     int64
	LastModifiedDate int64
}

// GroupSettings are what CreateGroup says of a group beside its name. A nil
// pointer is a member that was not given.
type GroupSettings struct {
	Description *string `json:",omitempty"`
	RoleArn     string  `json:",omitempty"`
	Precedence  *int    `json:",omitempty"`
}

// MaxGroupsOfUser is how many groups somebody can be in (Cognito: Quotas): their
// names travel in every token.
const MaxGroupsOfUser = 100

// CheckGroupsOfUser refuses more groups than that. Cognito has the limit, but
// AdminAddUserToGroup no LimitExceededException.
func CheckGroupsOfUser(n int) error {
	if n > MaxGroupsOfUser {
		return refuse(InvalidParameter, "too_many_groups", "GroupName", fmt.Sprintf("A user can be in at most %d groups.", MaxGroupsOfUser))
	}
	return nil
}

// ErrNoGroup says that the pool has no group of that name.
var ErrNoGroup = refuse(ResourceNotFound, "group", "GroupName", "there is no such group")

// roleARNPattern is that of Cognito's ArnType.
var roleARNPattern = regexp.MustCompile(`^arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?$`)

// Check refuses a group that Cognito does not allow (Cognito: GroupType); the
// Error's Field is the member.
func (g Group) Check() error {
	var c checks
	c.need(g.GroupName != "" && utf8.ValidString(g.GroupName) && utf8.RuneCountInString(g.GroupName) <= 128 && !strings.ContainsFunc(g.GroupName, notUsernameRune),
		"GroupName", "must be 1 to 128 letters, marks, symbols, digits or punctuation, without spaces")
	c.need(g.Description == nil || utf8.RuneCountInString(*g.Description) <= 2048, "Description", "must have at most 2048 characters")
	c.need(g.RoleArn == "" || len(g.RoleArn) >= 20 && len(g.RoleArn) <= 2048 && roleARNPattern.MatchString(g.RoleArn), "RoleArn", "must be the ARN of a role")
	c.need(g.Precedence == nil || *g.Precedence >= 0 && *g.Precedence <= math.MaxInt32, "Precedence", "must be 0 to 2147483647")
	return c.err
}

// Updated returns the settings that an update asks for: what it leaves out
// stays (Cognito: UpdateGroup).
func (s GroupSettings) Updated(ask GroupSettings) GroupSettings {
	if ask.Description == nil {
		ask.Description = s.Description
	}
	if ask.RoleArn == "" {
		ask.RoleArn = s.RoleArn
	}
	if ask.Precedence == nil {
		ask.Precedence = s.Precedence
	}
	return ask
}

// rank is the precedence as a number: the lower goes first, none goes last.
func (s GroupSettings) rank() int {
	if s.Precedence == nil {
		return math.MaxInt
	}
	return *s.Precedence
}

// GroupClaims are what tokens say of somebody's groups (Cognito: Adding groups
// to a user pool).
type GroupClaims struct {
	Groups        []string // all of them
	Roles         []string // the roles that they name, each once
	PreferredRole string   // "" where several have an equal claim
}

// ClaimsOfGroups brings somebody's groups into the order of their precedence,
// equal ones into that of their names. Preferred is the role of the group that
// goes first among those with a role; where groups of one rank name different
// roles, none is.
func ClaimsOfGroups(groups []Group) GroupClaims {
	ordered := slices.SortedFunc(slices.Values(groups), func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.GroupName, b.GroupName))
	})
	var out GroupClaims
	var first GroupSettings // the one that goes first among those with a role
	for _, g := range ordered {
		out.Groups = append(out.Groups, g.GroupName)
		if g.RoleArn == "" {
			continue
		}
		if !slices.Contains(out.Roles, g.RoleArn) {
			out.Roles = append(out.Roles, g.RoleArn)
		}
		switch {
		case first.RoleArn == "":
			first, out.PreferredRole = g.GroupSettings, g.RoleArn
		case g.rank() == first.rank() && g.RoleArn != first.RoleArn:
			out.PreferredRole = ""
		}
	}
	return out
}
