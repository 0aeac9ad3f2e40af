package account_test

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/archive"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// traveller has every member of an account set. A new one fails
// TestEveryMemberTravels until it is set here, and then until it travels or is
// named among those that stay.
func traveller() pool.User {
	return pool.User{
		UserPoolID: housetest.PoolID, Sub: "0a1b2c3d-0000-4000-8000-000000000001", Username: "0a1b2c3d-0000-4000-8000-000000000001",
		Attributes: map[string]string{"email": "ann@example.com", "email_verified": "true"},
		Status:     pool.Confirmed, Disabled: true, Grouped: true,
		Password: pool.Password{
			Hash:    "$argon2id$v=19$m=256,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			SRPName: "name", SRPSalt: "\xffsalt", SRPVerifier: "\x00verifier", SetAt: 3,
		},
		MFA: pool.UserMFA{
			Token:   pool.SoftwareToken{Seed: "ABCDEFGH", Asked: "HGFEDCBA", Name: "Ann's phone", Step: 7},
			Enabled: []pool.Factor{pool.FactorToken, pool.FactorEmail}, Preferred: pool.FactorToken,
		},
		NotBefore: 4, CreateDate: 5, LastModifiedDate: 6,
	}
}

func TestEveryMemberTravels(t *testing.T) {
	t.Parallel()
	ctx, ann := t.Context(), traveller()
	var demand func(path string, v reflect.Value)
	demand = func(path string, v reflect.Value) {
		if v.Kind() == reflect.Struct {
			for i := range v.NumField() {
				demand(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		} else if v.IsZero() {
			t.Errorf("%s is new: say in traveller() what it is, so that it is seen how it travels", path)
		}
	}
	demand("User", reflect.ValueOf(ann))

	home, away := households(t), households(t)
	must(t, home.DB.Users.Create(ctx, &ann, home.pool.NamesOf(ann)))
	must(t, home.AddToGroup(ctx, ann, "cooks"))
	secret := archive.Passphrase{Text: []byte("a long passphrase"), Costs: archive.Light()}
	var file bytes.Buffer
	if n, err := home.Export(ctx, home.pool, &file, secret); n != 1 || err != nil {
		t.Fatalf("%d users go out, %v", n, err)
	}
	if done, err := away.Import(ctx, away.pool, bytes.NewReader(file.Bytes()), secret.Text); done.Created != 1 || err != nil {
		t.Fatalf("the import gives %+v, %v", done, err)
	}
	got, err := away.DB.Users.Get(ctx, away.pool.ID, ann.Sub)
	must(t, err)
	if got.NotBefore <= ann.NotBefore { // the one member that stays: what was open ends with the move
		t.Errorf("NotBefore was %d and is %d", ann.NotBefore, got.NotBefore)
	}
	if got.MFA.Token.Asked != "" {
		t.Error("an app that was never proven travels")
	}
	got.NotBefore, got.MFA.Token.Asked = ann.NotBefore, ann.MFA.Token.Asked
	if diff := cmp.Diff(ann, got); diff != "" {
		t.Errorf("not all travels: %s", diff)
	}
	groups, err := away.DB.Members.GroupsOf(ctx, got, "", 10)
	if err != nil || len(groups) != 1 || groups[0].GroupName != "cooks" {
		t.Errorf("the groups are %+v, %v", groups, err)
	}
}

// household is accounts with a ledger of their own, and its pool.
type household struct {
	*account.Accounts
	pool pool.Pool
}

func households(t *testing.T) household {
	t.Helper()
	db, _ := housetest.Ledger(t, "", housetest.Document(t, func(d *setup.Document) {
		d.Groups = append(d.Groups, setup.GroupEntry{UserPoolID: housetest.PoolID, GroupName: "cooks"})
	}))
	p, err := db.Pools.Get(t.Context(), housetest.PoolID)
	must(t, err)
	return household{&account.Accounts{DB: db, Now: time.Now}, p}
}
