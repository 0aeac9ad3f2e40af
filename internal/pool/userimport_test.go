package pool

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func importPool() Pool {
	yes := true
	return Pool{ID: "us-east-1_Import001", Settings: Settings{
		AutoVerifiedAttributes: []string{"email"},
		Schema:                 []SchemaAttribute{{Name: "family_name", Required: &yes}, {Name: "team"}},
	}}
}

func TestImportColumns(t *testing.T) {
	t.Parallel()
	want := "name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,custom:team,cognito:mfa_enabled,cognito:username"
	columns := importPool().ImportColumns()
	if got := strings.Join(columns, ","); got != want {
		t.Errorf("the columns are %s", got)
	}
	slices.Reverse(columns)
	if err := importPool().CheckImportColumns(columns); err != nil {
		t.Errorf("in another order: %v", err)
	}
}

func TestNewImported(t *testing.T) {
	t.Parallel()
	p := importPool()
	columns := p.ImportColumns()
	row := func(change map[string]string) []string {
		values := map[string]string{"email": "ann@example.com", "email_verified": "TRUE", "family_name": "Archer", importMFA: "False", importUsername: "ann"}
		for name, value := range change {
			values[name] = value
		}
		var cells []string
		for _, column := range columns {
			cells = append(cells, values[column])
		}
		return cells
	}
	u, err := p.NewImported(columns, row(map[string]string{"birthdate": "02/01/1985", "updated_at": "1471453471", "custom:team": "=1+1", "address": `{"formatted": "1, Street"}`}), 5)
	if err != nil || u.Status != ResetRequired || u.Username != "ann" || u.CreateDate != 5 || u.Password != (Password{}) || u.Attributes["birthdate"] != "1985-02-01" ||
		u.Attributes["email_verified"] != "true" || u.Attributes["custom:team"] != "=1+1" || u.Attributes[importMFA] != "" {
		t.Errorf("an imported user is %+v, %v", u, err)
	}
	if u, err := p.NewImported(columns, row(map[string]string{"phone_number_verified": "FALSE"}), 5); err != nil || u.Attributes["phone_number_verified"] != "" {
		t.Errorf("no number, which is not verified: %+v, %v", u, err)
	}
	for what, c := range map[string]struct {
		change map[string]string
		reason string
	}{
		"no username":         {map[string]string{importUsername: ""}, "cognito:username is not one that the pool allows (InvalidParameter.required)."},
		"a blank in it":       {map[string]string{importUsername: "ann archer"}, "cognito:username is not one that the pool allows (InvalidParameter.username)."},
		"not verified":        {map[string]string{"email_verified": "false"}, string(errUnproven)},
		"nothing verified":    {map[string]string{"email_verified": ""}, string(errUnproven)},
		"another is":          {map[string]string{"email_verified": "", "phone_number": "+15550100", "phone_number_verified": "true"}, string(errUnproven)},
		"verified, not there": {map[string]string{"email": ""}, "email_verified does not fit the schema (InvalidParameter.email_verify)."},
		"no truth":            {map[string]string{"email_verified": "yes"}, "email_verified does not fit the schema (InvalidParameter.attribute_value)."},
		"no address":          {map[string]string{"email": "ann"}, "email does not fit the schema (InvalidParameter.email)."},
		"required":            {map[string]string{"family_name": ""}, "Required attributes are missing: family_name."},
		"a factor":            {map[string]string{importMFA: "true"}, string(errMFA)},
		"no factor":           {map[string]string{importMFA: ""}, string(errMFA)},
		"1 is no word":        {map[string]string{importMFA: "0"}, string(errMFA)},
		"an odd date":         {map[string]string{"birthdate": "13/13/1985"}, "birthdate does not fit the schema (InvalidParameter.attribute_value)."},
		"an odd time":         {map[string]string{"updated_at": "yesterday"}, "updated_at does not fit the schema (InvalidParameter.attribute_value)."},
		"an escape":           {map[string]string{"name": "a\x1b[31m"}, "name does not fit the schema (InvalidParameter.attribute)."},
	} {
		if _, err := p.NewImported(columns, row(c.change), 5); err == nil || ImportReason(err) != c.reason {
			t.Errorf("%s: %v, want %s", what, err, c.reason)
		}
	}
	if _, err := p.NewImported(columns, columns[1:], 5); err != errCells {
		t.Errorf("a cell is missing: %v", err)
	}
	p.UsernameAttributes = []string{"email"}
	if u, err := p.NewImported(columns, row(map[string]string{"email": "", importUsername: "ann@example.com"}), 5); err != nil || u.Email() != "ann@example.com" || u.Username != u.Sub {
		t.Errorf("where the address is the username: %+v, %v", u, err)
	}
	if _, err := p.NewImported(columns, row(map[string]string{importUsername: "bob@example.com"}), 5); err != errContact {
		t.Errorf("two addresses: %v", err)
	}
}

func TestImportJobStates(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_700_000_000_000)
	p := importPool()
	fresh, err := NewImportJob(p, "people", "arn", now)
	if err != nil || len(fresh.ID) != len("import-")+17 || fresh.ID >= newImportID(now.Add(time.Millisecond)) {
		t.Fatalf("%+v, %v", fresh, err)
	}
	fresh.File = "f"
	is := func(what string, err error, reason string) {
		t.Helper()
		if e := AsError(err); reason == "" && err != nil || reason != "" && (e == nil || e.Kind != PreconditionNotMet || e.Reason != reason) {
			t.Errorf("%s: %v, want %s", what, err, reason)
		}
	}
	silent := p
	silent.AutoVerifiedAttributes = nil
	_, err = NewImportJob(silent, "people", "arn", now)
	is("a pool that sends no codes", err, "import_unverified")
	at := now.UnixMilli() + 1
	start := func(change func(*ImportJob), p Pool, busy bool, at int64) error {
		j := fresh
		change(&j)
		return j.Start(p, busy, at)
	}
	same := func(*ImportJob) {}
	is("start", start(same, p, false, at), "")
	is("start in such a pool", start(same, silent, false, at), "import_unverified")
	is("start beside another", start(same, p, true, at), "import_busy")
	is("start without a file", start(func(j *ImportJob) { j.File = "" }, p, false, at), "import_no_file")
	is("start too late", start(same, p, false, at+24*time.Hour.Milliseconds()), "import_started")
	for _, status := range []ImportStatus{ImportPending, ImportInProgress, ImportStopped, ImportFailed, ImportSucceeded} {
		is("start again", start(func(j *ImportJob) { j.Status = status }, p, false, at), "import_started")
		j := fresh
		j.Status = status
		if err := j.Stop(at); (err == nil) != (status == ImportPending || status == ImportInProgress) {
			t.Errorf("stopped in %s: %v", status, err)
		}
	}
	is("stop before the start", (&ImportJob{Status: ImportCreated}).Stop(at), "import_not_running")
}

func TestImportTickets(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	ticket, key := NewImportTicket(ImportJob{UserPoolID: "p", ID: "j"}, now), []byte("key")
	if ticket.Expires != now.Unix()+900 || !ticket.Signed(key, ticket.Sign(key)) {
		t.Errorf("%+v does not hold", ticket)
	}
	for what, other := range map[string]ImportTicket{
		"another pool": {"q", "j", ticket.Expires}, "another job": {"p", "k", ticket.Expires}, "another time": {"p", "j", ticket.Expires + 1}, "moved": {"p|j", "", ticket.Expires},
	} {
		if other.Signed(key, ticket.Sign(key)) {
			t.Errorf("the signature is good for %s", what)
		}
	}
	if ticket.Signed([]byte("another"), ticket.Sign(key)) || ticket.Signed(key, "") {
		t.Error("any signature will do")
	}
}
