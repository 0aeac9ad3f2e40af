package stories_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/housetest"
)

// membership is what a token says of groups.
func membership(t *testing.T, token string) map[string]any {
	t.Helper()
	out := map[string]any{}
	for name, value := range claims(t, token) {
		if slices.Contains([]string{"cognito:groups", "cognito:roles", "cognito:preferred_role"}, name) {
			out[name] = value
		}
	}
	return out
}

// Groups are in both tokens and their roles in the ID token, by every door, and
// the next refresh tells what has changed.
func TestAPIGroupClaims(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		invited(t, h, ann, "email_verified", "true")
		group(t, h, "everybody")
		group(t, h, "staff", withRole("Staff"), ranked(5))
		group(t, h, "admins", withRole("Admin"), ranked(0))
		in, err := byPassword(h, ann, easy)
		must(t, err)
		b := h.Browser()
		page := redeem(t, h, b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", ann, "password", easy).Back()).ok(t)
		token := *in.AuthenticationResult.RefreshToken
		type said = map[string]any
		// next are the claims that ann's next tokens have: by the pages' refresh
		// token, by the API's, and by a sign-in.
		next := func(what string, wantAccess, wantID said) {
			t.Helper()
			check := func(by, access, id string) {
				t.Helper()
				if diff := cmp.Diff(wantAccess, membership(t, access)); diff != "" {
					t.Errorf("%s, %s, access token: %s", what, by, diff)
				}
				if diff := cmp.Diff(wantID, membership(t, id)); diff != "" {
					t.Errorf("%s, %s, ID token: %s", what, by, diff)
				}
			}
			renewed := refresh(t, h, page.text("refresh_token")).ok(t)
			check("the pages' refresh", renewed.text("access_token"), renewed.text("id_token"))
			back := b.Get("/oauth2/authorize" + housetest.Ask()).Back()
			code := redeem(t, h, back).ok(t)
			check("the pages' session", code.text("access_token"), code.text("id_token"))
			again, err := sdk(h).GetTokensFromRefreshToken(t.Context(), &cip.GetTokensFromRefreshTokenInput{ClientId: clientID(), RefreshToken: &token})
			must(t, err)
			check("the API's refresh", *again.AuthenticationResult.AccessToken, *again.AuthenticationResult.IdToken)
			in, err := byPassword(h, ann, easy)
			must(t, err)
			check("the API's sign-in", *in.AuthenticationResult.AccessToken, *in.AuthenticationResult.IdToken)
		}
		next("in none", said{}, said{})
		must(t, enters(t, h, ann, "everybody"))
		groups := []any{"everybody"}
		next("in one without a role", said{"cognito:groups": groups}, said{"cognito:groups": groups})
		must(t, enters(t, h, ann, "staff"))
		must(t, enters(t, h, ann, "admins"))
		groups = []any{"admins", "staff", "everybody"}
		roles := []any{roleARN("Admin"), roleARN("Staff")}
		next("in three", said{"cognito:groups": groups}, said{"cognito:groups": groups, "cognito:roles": roles, "cognito:preferred_role": roleARN("Admin")})
		_, err = sdk(h).UpdateGroup(t.Context(), &cip.UpdateGroupInput{UserPoolId: poolID(), GroupName: aws.String("staff"), Precedence: aws.Int32(0)})
		must(t, err)
		next("of one rank", said{"cognito:groups": groups}, said{"cognito:groups": groups, "cognito:roles": roles})
		must(t, leaves(t, h, ann, "admins"))
		groups, roles = []any{"staff", "everybody"}, roles[1:]
		next("left one", said{"cognito:groups": groups}, said{"cognito:groups": groups, "cognito:roles": roles, "cognito:preferred_role": roleARN("Staff")})
		for _, name := range []string{"staff", "everybody"} {
			_, err := sdk(h).DeleteGroup(t.Context(), &cip.DeleteGroupInput{UserPoolId: poolID(), GroupName: &name})
			must(t, err)
		}
		next("of deleted groups", said{}, said{})
	})
}

// The package cognito lets in who is in a group, and says why it does not.
func TestCognitoRequiresGroups(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		invited(t, h, ann, "email_verified", "true")
		group(t, h, "staff", withRole("Staff"))
		verifier, err := cognito.NewVerifier(appConfig(h))
		must(t, err)
		shop := verifier.RequireBearer(cognito.Require{Groups: []string{"admins", "staff"}})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
		visit := func() int {
			t.Helper()
			in, err := byPassword(h, ann, easy)
			must(t, err)
			id, err := verifier.VerifyID(t.Context(), *in.AuthenticationResult.IdToken)
			must(t, err)
			if staff := len(groupsOf(t, h, ann)) > 0; id.InGroup("staff") != staff || (id.PreferredRole == roleARN("Staff")) != staff {
				t.Errorf("the ID token says %q, %q", id.Groups, id.PreferredRole)
			}
			r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
			r.Header.Set("Authorization", "Bearer "+*in.AuthenticationResult.AccessToken)
			shop.ServeHTTP(w, r)
			return w.Code
		}
		if code := visit(); code != http.StatusForbidden {
			t.Errorf("somebody in no group is answered %d", code)
		}
		must(t, enters(t, h, ann, "staff"))
		if code := visit(); code != http.StatusNoContent {
			t.Errorf("somebody of the staff is answered %d", code)
		}
		must(t, leaves(t, h, ann, "staff"))
		if code := visit(); code != http.StatusForbidden {
			t.Errorf("somebody who left is answered %d", code)
		}
	})
}
