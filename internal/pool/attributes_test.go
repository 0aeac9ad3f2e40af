package pool_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// attrs reads "name=value; name=value".
func attrs(text string) map[string]string {
	out := map[string]string{}
	for pair := range strings.SplitSeq(text, ";") {
		if name, value, found := strings.Cut(strings.TrimSpace(pair), "="); found {
			out[name] = value
		}
	}
	return out
}

func name(kind pool.NameKind, folded string) pool.Name {
	return pool.Name{Kind: kind, Folded: folded}
}

func byUsername(aliases ...string) pool.Pool {
	p := poolWith(false, false)
	p.AliasAttributes = aliases
	return p
}

func byContact(attributes ...string) pool.Pool {
	p := poolWith(false, false)
	p.UsernameAttributes = attributes
	return p
}

// Cognito: Customizing sign-in attributes.
func TestWhatLeadsToAnAccount(t *testing.T) {
	t.Parallel()
	u := func(attributes string) pool.User {
		return pool.User{Sub: "sub", Username: "Ann", Attributes: attrs(attributes)}
	}
	for what, c := range map[string]struct {
		p    pool.Pool
		u    pool.User
		want []pool.Name
	}{
		"no aliases":                {byUsername(), u("email=A@B.c; email_verified=true; preferred_username=Annie"), []pool.Name{name("username", "ann")}},
		"an unverified alias":       {byUsername("email"), u("email=A@B.c; email_verified=false"), []pool.Name{name("username", "ann")}},
		"a verified alias":          {byUsername("email"), u("email=A@B.c; email_verified=true"), []pool.Name{name("username", "ann"), name("email", "a@b.c")}},
		"a verified number":         {byUsername("phone_number"), u("email=A@B.c; email_verified=true; phone_number=+155; phone_number_verified=true"), []pool.Name{name("username", "ann"), name("phone_number", "+155")}},
		"a preferred username":      {byUsername("preferred_username"), u("preferred_username=Annie"), []pool.Name{name("username", "ann"), name("preferred_username", "annie")}},
		"an address as username":    {byContact("email"), u("email=A@B.c; email_verified=false; phone_number=+155"), []pool.Name{name("email", "a@b.c")}},
		"both as username":          {byContact("email", "phone_number"), u("email=A@B.c; phone_number=+155"), []pool.Name{name("email", "a@b.c"), name("phone_number", "+155")}},
		"both as username, one set": {byContact("email", "phone_number"), u("phone_number=+155"), []pool.Name{name("phone_number", "+155")}},
	} {
		if diff := cmp.Diff(c.want, c.p.NamesOf(c.u)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	for what, c := range map[string]struct {
		p     pool.Pool
		typed string
		want  []pool.Name
	}{
		"aliases, the username first": {byUsername("preferred_username", "email"), " A@B.c ", []pool.Name{name("username", "a@b.c"), name("email", "a@b.c")}},
		"an address":                  {byContact("email"), "A@B.c", []pool.Name{name("email", "a@b.c")}},
		"not an address":              {byContact("email"), "ann", []pool.Name{name("email", "ann")}},
		"a number":                    {byContact("phone_number"), "+155", []pool.Name{name("phone_number", "+155")}},
		"either, an address":          {byContact("phone_number", "email"), "a@b.c", []pool.Name{name("email", "a@b.c")}},
		"either, a number":            {byContact("phone_number", "email"), "+155", []pool.Name{name("phone_number", "+155")}},
	} {
		if diff := cmp.Diff(c.want, c.p.SignInNames(c.typed)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func TestUsernameForms(t *testing.T) {
	t.Parallel()
	const number, address = "+14155550100", "ann@example.com"
	for what, c := range map[string]struct {
		p    pool.Pool
		name string
		want string
	}{
		"a username":                        {byUsername(), "ann", ""},
		"an address, no alias":              {byUsername(), address, ""},
		"an address, e-mail an alias":       {byUsername("email"), address, "InvalidParameter.alias_email"},
		"a number, e-mail an alias":         {byUsername("email"), number, ""},
		"a number, the number an alias":     {byUsername("phone_number"), number, "InvalidParameter.alias_phone"},
		"an address, the number an alias":   {byUsername("phone_number"), address, ""},
		"e-mail is username, an address":    {byContact("email"), address, ""},
		"e-mail is username, a number":      {byContact("email"), number, "InvalidParameter.username_email"},
		"number is username, a number":      {byContact("phone_number"), number, ""},
		"number is username, an address":    {byContact("phone_number"), address, "InvalidParameter.username_phone"},
		"either, a number":                  {byContact("phone_number", "email"), number, ""},
		"either, an address":                {byContact("phone_number", "email"), address, ""},
		"either, neither":                   {byContact("phone_number", "email"), "ann", "InvalidParameter.username_either"},
		"either, a broken address":          {byContact("phone_number", "email"), "ann@", "InvalidParameter.username_either"},
		"either, a number without its plus": {byContact("phone_number", "email"), "4155550100", "InvalidParameter.username_either"},
		"either, nothing":                   {byContact("phone_number", "email"), "", "InvalidParameter.required"},
	} {
		if got := refusal(c.p.CheckUsername(c.name)); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

func member(p pool.Pool, change func(*pool.App)) pool.App {
	app := pool.App{Pool: p}
	app.Pool.Schema = []pool.SchemaAttribute{{Name: "team"}, {Name: "badge", Mutable: ptr(false)}, {Name: "note", DeveloperOnlyAttribute: ptr(true)}}
	for _, a := range app.Pool.Attributes() {
		app.Client.WriteAttributes = append(app.Client.WriteAttributes, a.Name)
	}
	if change != nil {
		change(&app)
	}
	return app
}

func require(names ...string) func(*pool.App) {
	return func(a *pool.App) {
		for _, name := range names {
			a.Pool.Schema = append(a.Pool.Schema, pool.SchemaAttribute{Name: name, Required: ptr(true)})
		}
	}
}

func TestNewAttributes(t *testing.T) {
	t.Parallel()
	writes := func(names ...string) func(*pool.App) {
		return func(a *pool.App) { a.Client.WriteAttributes = names }
	}
	for what, c := range map[string]struct {
		app         pool.App
		name, given string
		want        string // attributes, or a refusal at a field
	}{
		"nothing":                        {member(byUsername(), nil), "ann", "", ""},
		"some":                           {member(byUsername(), nil), "ann", "name=Ann; email=a@b.c; custom:team=red; custom:badge=7; nickname=", "name=Ann; email=a@b.c; email_verified=false; custom:team=red; custom:badge=7"},
		"a number":                       {member(byUsername(), nil), "ann", "phone_number=+155", "phone_number=+155; phone_number_verified=false"},
		"the username is the address":    {member(byContact("email"), nil), "Ann@b.c", "", "email=Ann@b.c; email_verified=false"},
		"the username wins":              {member(byContact("email"), nil), "ann@b.c", "email=eve@b.c", "email=ann@b.c; email_verified=false"},
		"either, a number":               {member(byContact("email", "phone_number"), nil), "+155", "email=a@b.c", "phone_number=+155; email=a@b.c; email_verified=false; phone_number_verified=false"},
		"not in the schema":              {member(byUsername(), nil), "ann", "custom:shoe=9", "InvalidParameter.schema at custom:shoe"},
		"in other letters":               {member(byUsername(), nil), "ann", "Email=a@b.c", "InvalidParameter.schema at Email"},
		"a group":                        {member(byUsername(), nil), "ann", "cognito:groups=admin", "InvalidParameter.schema at cognito:groups"},
		"a verified flag":                {member(byUsername(), nil), "ann", "email=a@b.c; email_verified=true", "NotAuthorized.write_attribute at email_verified"},
		"the sub":                        {member(byUsername(), nil), "ann", "sub=x", "NotAuthorized.write_attribute at sub"},
		"an operator's":                  {member(byUsername(), nil), "ann", "dev:custom:note=x", "NotAuthorized.write_attribute at dev:custom:note"},
		"one that the client may write":  {member(byUsername(), writes("name")), "ann", "name=Ann", "name=Ann"},
		"a custom one, without a list":   {member(byUsername(), writes()), "ann", "custom:team=red", "NotAuthorized.write_attribute at custom:team"},
		"one that it may not":            {member(byUsername(), writes("name")), "ann", "name=Ann; email=a@b.c", "NotAuthorized.write_attribute at email"},
		"the username needs no right":    {member(byContact("email"), writes("name")), "a@b.c", "", "email=a@b.c; email_verified=false"},
		"a wrong address":                {member(byUsername(), nil), "ann", "email=ann", "InvalidParameter.email at email"},
		"a wrong number":                 {member(byUsername(), nil), "ann", "phone_number=155", "InvalidParameter.phone at phone_number"},
		"a wrong value":                  {member(byUsername(), nil), "ann", "birthdate=1999", "InvalidParameter.attribute_value at birthdate"},
		"a wrong character":              {member(byUsername(), nil), "ann", "name=a\x00", "InvalidParameter.attribute at name"},
		"a wrong username":               {member(byUsername("email"), nil), "a@b.c", "", "InvalidParameter.alias_email at username"},
		"a preferred username":           {member(byUsername(), nil), "ann", "preferred_username=annie", "preferred_username=annie"},
		"a preferred username, an alias": {member(byUsername("preferred_username"), nil), "ann", "preferred_username=annie", "InvalidParameter.preferred_username at preferred_username"},
		"what is required":               {member(byUsername(), require("email", "name")), "ann", "email=a@b.c; name=Ann", "email=a@b.c; email_verified=false; name=Ann"},
		"without it":                     {member(byUsername(), require("email", "name")), "ann", "name=", "InvalidParameter.schema_required at name (name email)"},
		"the username brings it":         {member(byContact("email"), require("email")), "a@b.c", "", "email=a@b.c; email_verified=false"},
		"the username brings another":    {member(byContact("email", "phone_number"), require("email")), "+155", "", "InvalidParameter.schema_required at email (email)"},
	} {
		given := attrs(c.given)
		before := maps.Clone(given)
		got, err := c.app.NewAttributes(c.name, given, nil)
		if diff := cmp.Diff(before, given); diff != "" {
			t.Errorf("%s: what was given changed: %s", what, diff)
		}
		if e := pool.AsError(err); e != nil {
			said := e.Key() + " at " + e.Field
			if names := e.Args["names"]; names != "" {
				said += " (" + names + ")"
			}
			if said != c.want {
				t.Errorf("%s: refused with %s, want %s", what, said, c.want)
			}
			continue
		}
		if diff := cmp.Diff(attrs(c.want), got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

func TestWhatTheSignUpPageAsks(t *testing.T) {
	t.Parallel()
	verifying := func(p pool.Pool) pool.Pool {
		p.AutoVerifiedAttributes = []string{"email"}
		return p
	}
	for what, c := range map[string]struct {
		app  pool.App
		want string
	}{
		"nothing":                          {member(byUsername(), nil), ""},
		"the address to be proven":         {member(verifying(byUsername()), nil), "email"},
		"not what the client cannot write": {member(verifying(byUsername()), func(a *pool.App) { a.Client.WriteAttributes = []string{"name"} }), ""},
		"not the one that is typed":        {member(verifying(byContact("email")), require("email")), ""},
		"what is required, in order":       {member(verifying(byUsername()), require("birthdate", "name")), "name email birthdate"},
		"the address beside a number":      {member(verifying(byContact("phone_number")), nil), "email"},
		"not the number that is typed":     {member(byContact("phone_number"), require("phone_number")), ""},
		"either, what is required of it":   {member(verifying(byContact("phone_number", "email")), require("email")), "email"},
		"either, nothing that may be it":   {member(verifying(byContact("phone_number", "email")), nil), ""},
		"never what a person cannot give":  {member(byUsername(), require("email_verified")), ""},
	} {
		if got := strings.Join(c.app.AskedAtSignUp(), " "); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
	app := member(verifying(byUsername()), nil)
	if _, err := app.NewAttributes("ann", nil, app.AskedAtSignUp()); refusal(err) != "InvalidParameter.schema_required" {
		t.Errorf("what the page asks may be left out: %v", err)
	}
	if _, err := app.NewAttributes("ann", nil, nil); err != nil {
		t.Errorf("a program must give what the page asks: %v", err)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	const has = "email=a@b.c; email_verified=true; phone_number=+155; phone_number_verified=true; name=Ann; custom:team=red; custom:badge=7"
	only := func(names ...string) func(*pool.App) {
		return func(a *pool.App) { a.Client.WriteAttributes = names }
	}
	for what, c := range map[string]struct {
		app              pool.App
		set              string
		person, operator string
	}{
		"a name":                        {member(byUsername(), nil), "name=Anna", "", ""},
		"a custom one":                  {member(byUsername(), nil), "custom:team=blue", "", ""},
		"taking one away":               {member(byUsername(), nil), "name=", "", ""},
		"no right":                      {member(byUsername(), only("email")), "name=Anna", "NotAuthorized.write_attribute", ""},
		"a custom one, without a list":  {member(byUsername(), only()), "custom:team=blue", "NotAuthorized.write_attribute", ""},
		"unknown":                       {member(byUsername(), nil), "custom:shoe=9", "InvalidParameter.schema_update", "InvalidParameter.schema_update"},
		"immutable":                     {member(byUsername(), nil), "custom:badge=8", "InvalidParameter.immutable", "InvalidParameter.immutable"},
		"immutable, taken away":         {member(byUsername(), nil), "custom:badge=", "InvalidParameter.immutable", "InvalidParameter.immutable"},
		"the sub":                       {member(byUsername(), nil), "sub=x", "NotAuthorized.write_attribute", "InvalidParameter.immutable"},
		"a flag":                        {member(byUsername(), nil), "email_verified=true", "NotAuthorized.write_attribute", ""},
		"a flag that is none":           {member(byUsername(), nil), "email_verified=yes", "NotAuthorized.write_attribute", "InvalidParameter.attribute_value"},
		"a flag with its address":       {member(byUsername(), nil), "email=c@d.e; email_verified=true", "NotAuthorized.write_attribute", ""},
		"a flag without its address":    {member(byUsername(), nil), "email=; email_verified=true", "NotAuthorized.write_attribute", "InvalidParameter.email_verify"},
		"a flag without its number":     {member(byUsername(), nil), "phone_number=; phone_number_verified=false", "NotAuthorized.write_attribute", "InvalidParameter.phone_verify"},
		"an operator's":                 {member(byUsername(), nil), "dev:custom:note=x", "NotAuthorized.write_attribute", ""},
		"a wrong address":               {member(byUsername(), nil), "email=c", "InvalidParameter.email", "InvalidParameter.email"},
		"taking away what is required":  {member(byUsername(), require("name")), "name=", "InvalidParameter.required_deleted", "InvalidParameter.required_deleted"},
		"taking away the only name":     {member(byContact("email"), nil), "email=", "InvalidParameter.required_deleted", "InvalidParameter.required_deleted"},
		"taking away one name of two":   {member(byContact("email", "phone_number"), nil), "email=", "", ""},
		"taking away both names":        {member(byContact("email", "phone_number"), nil), "email=; phone_number=", "InvalidParameter.required_deleted", "InvalidParameter.required_deleted"},
		"a preferred username":          {member(byUsername("preferred_username", "email"), nil), "preferred_username=annie", "", ""},
		"a preferred username, spaces":  {member(byUsername("preferred_username"), nil), "preferred_username=an nie", "InvalidParameter.username", "InvalidParameter.username"},
		"a preferred username, address": {member(byUsername("preferred_username", "email"), nil), "preferred_username=eve@b.c", "InvalidParameter.alias_email", "InvalidParameter.alias_email"},
		"spaces, where it is no alias":  {member(byUsername(), nil), "preferred_username=an nie", "", ""},
	} {
		u := pool.User{Sub: "sub", Username: "ann", Attributes: attrs(has)}
		if got := refusal(c.app.Pool.CheckUpdate(c.app.Client, u, attrs(c.set))); got != c.person {
			t.Errorf("%s, by the person: %q, want %q", what, got, c.person)
		}
		if got := refusal(c.app.Pool.CheckUpdateByOperator(u, attrs(c.set))); got != c.operator {
			t.Errorf("%s, by an operator: %q, want %q", what, got, c.operator)
		}
		if diff := cmp.Diff(attrs(has), u.Attributes); diff != "" {
			t.Errorf("%s: checking changed the account: %s", what, diff)
		}
	}
	app := member(byUsername(), require("name"))
	for names, want := range map[string]string{"name": "InvalidParameter.required_deleted", "custom:team email": "", "custom:team custom:x": "InvalidParameter.schema_update", "email_verified": "NotAuthorized.write_attribute"} {
		if got := refusal(app.Pool.CheckDelete(app.Client, pool.User{Attributes: attrs(has)}, strings.Fields(names))); got != want {
			t.Errorf("deleting %s: %q, want %q", names, got, want)
		}
	}
}

func TestSetAttributes(t *testing.T) {
	t.Parallel()
	const has = "email=a@b.c; email_verified=true; name=Ann"
	for set, want := range map[string]string{
		"":                                 has,
		"name=Anna":                        "email=a@b.c; email_verified=true; name=Anna",
		"name=":                            "email=a@b.c; email_verified=true",
		"email=c@d.e":                      "email=c@d.e; email_verified=false; name=Ann",
		"email=a@b.c":                      has,
		"email=c@d.e; email_verified=true": "email=c@d.e; email_verified=true; name=Ann",
		"email=":                           "name=Ann",
		"phone_number=+155":                has + "; phone_number=+155; phone_number_verified=false",
		"email_verified=false":             "email=a@b.c; email_verified=false; name=Ann",
	} {
		held := attrs(has)
		u := pool.User{Attributes: held}
		u.SetAttributes(attrs(set))
		if diff := cmp.Diff(attrs(want), u.Attributes); diff != "" {
			t.Errorf("%q: %s", set, diff)
		}
		if diff := cmp.Diff(attrs(has), held); diff != "" {
			t.Errorf("%q changed a map that others may hold: %s", set, diff)
		}
	}
	var fresh pool.User
	fresh.SetAttributes(attrs("name=Ann"))
	if fresh.Attributes["name"] != "Ann" {
		t.Error("an account without attributes gets none")
	}
}

// Cognito: AdminCreateUser.
func TestNewInvited(t *testing.T) {
	t.Parallel()
	app := member(byUsername("email"), require("name"))
	u, err := app.Pool.NewInvited(" ann ", attrs("email=a@b.c; email_verified=true; dev:custom:note=x; custom:badge=7; nickname="), 7)
	if err != nil || u.Username != "ann" || u.Sub == "ann" || u.Status != pool.ForceChangePassword || u.CreateDate != 7 {
		t.Fatalf("%+v, %v", u, err)
	}
	if diff := cmp.Diff(attrs("email=a@b.c; email_verified=true; dev:custom:note=x; custom:badge=7"), u.Attributes); diff != "" {
		t.Error(diff)
	}
	byEmail := member(byContact("email"), nil)
	if u, err = byEmail.Pool.NewInvited("a@b.c", nil, 7); err != nil || u.Username != u.Sub || u.Email() != "a@b.c" || u.EmailVerified() {
		t.Errorf("%+v, %v", u, err)
	}
	for given, want := range map[string]string{
		"sub=x": "InvalidParameter.schema", "custom:x=1": "InvalidParameter.schema", "email_verified=true": "InvalidParameter.email_verify", "email=x": "InvalidParameter.email",
	} {
		if _, err := app.Pool.NewInvited("ann", attrs(given), 7); refusal(err) != want {
			t.Errorf("%s: %v, want %s", given, err, want)
		}
	}
	if _, err := app.Pool.NewInvited("a@b.c", nil, 7); refusal(err) != "InvalidParameter.alias_email" {
		t.Errorf("an address as username beside the alias: %v", err)
	}
}

// Cognito: Configuring user account recovery.
func TestRecoveryContact(t *testing.T) {
	t.Parallel()
	both := attrs("email=a@b.c; email_verified=true; phone_number=+155; phone_number_verified=true")
	for what, c := range map[string]struct {
		p          pool.Settings
		attributes map[string]string
		status     pool.UserStatus
		want, no   string
	}{
		"nothing said":                    {pool.Settings{}, both, pool.Confirmed, "email", ""},
		"e-mail first":                    {recovery("verified_email", 1, "verified_phone_number", 2), both, pool.Confirmed, "email", ""},
		"a number that cannot be sent to": {recovery("verified_phone_number", 1, "verified_email", 2), both, pool.Confirmed, "email", ""},
		"unverified":                      {pool.Settings{}, attrs("email=a@b.c; email_verified=false"), pool.Confirmed, "", "InvalidParameter.contact"},
		"unverified, a new account":       {pool.Settings{AutoVerifiedAttributes: []string{"email"}}, attrs("email=a@b.c; email_verified=false"), pool.Unconfirmed, "email", ""},
		"one that an operator confirms":   {pool.Settings{}, attrs("email=a@b.c; email_verified=false"), pool.Unconfirmed, "", "InvalidParameter.contact"},
		"no address":                      {pool.Settings{}, attrs("name=Ann"), pool.Unconfirmed, "", "InvalidParameter.contact"},
		"a temporary password":            {pool.Settings{}, both, pool.ForceChangePassword, "", "NotAuthorized.reset_state"},
		"operators only":                  {recovery("admin_only", 1), both, pool.Confirmed, "", "NotAuthorized.recovery"},
		"another way only":                {recovery("verified_phone_number", 1), both, pool.Confirmed, "", "InvalidParameter.contact"},
	} {
		got, err := (pool.Pool{Settings: c.p}).RecoveryContact(pool.User{Attributes: c.attributes, Status: c.status})
		if got != c.want || refusal(err) != c.no {
			t.Errorf("%s: %q, %v, want %q, %q", what, got, err, c.want, c.no)
		}
	}
}
