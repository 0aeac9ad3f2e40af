package stories_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/housetest/postgres"
)

// The stories of this file tell the table "what ends when" of ARCHITECTURE.md,
// at both doors.

// holdings is what somebody has open: the tokens of two sign-ins, a browser
// that is remembered, and sign-ins in mid-air, two of each kind: one is used up
// by a look.
type holdings struct {
	email   string
	page    answer // from the token endpoint
	api     *types.AuthenticationResultType
	cookie  string
	codes   []*url.URL
	proofs  []exchange
	choices []string
}

const held = "secret1" // no space: an SDK's model refuses one

func holding(t *testing.T, h *housetest.House, email string) holdings {
	t.Helper()
	b := h.Browser()
	x := holdings{email: email, page: redeem(t, h, h.SignUp(b, housetest.Ask(), email, held)).ok(t), cookie: b.Cookie("cognito")}
	in, err := byPassword(h, email, held)
	must(t, err)
	x.api = in.AuthenticationResult
	for range 2 {
		x.codes = append(x.codes, b.Get("/oauth2/authorize"+housetest.Ask()).Back())
		x.proofs = append(x.proofs, beginSRP(t, h, email, held))
		asked, err := sdk(h).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: clientID(), AuthParameters: map[string]string{"USERNAME": email}})
		must(t, err)
		x.choices = append(x.choices, *asked.Session)
	}
	return x
}

// looks tries everything at a server and says what works there.
func (x *holdings) looks(t *testing.T, h *housetest.House) map[string]bool {
	t.Helper()
	ctx, c := t.Context(), sdk(h)
	works := map[string]bool{}
	api := func(what string, err error) {
		if works[what] = err == nil; err != nil && !strings.Contains(err.Error(), "NotAuthorizedException") && !strings.Contains(err.Error(), "UserNotFoundException") && !strings.Contains(err.Error(), "PasswordResetRequiredException") {
			t.Errorf("%s: %v", what, err)
		}
	}
	page := func(what string, a answer) {
		if works[what] = a.status == http.StatusOK; !works[what] && a.text("error") != "invalid_grant" && a.text("error") != "invalid_token" {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	page("page refresh", refresh(t, h, x.page.text("refresh_token")))
	page("page access", userInfo(t, h, x.page.text("access_token")))
	_, err := c.GetTokensFromRefreshToken(ctx, &cip.GetTokensFromRefreshTokenInput{ClientId: clientID(), RefreshToken: x.api.RefreshToken})
	api("api refresh", err)
	_, err = c.GetTokensFromRefreshToken(ctx, &cip.GetTokensFromRefreshTokenInput{ClientId: clientID(), RefreshToken: aws.String(x.page.text("refresh_token"))})
	if (err == nil) != works["page refresh"] {
		t.Errorf("the API says %v of a refresh token that the token endpoint %v", err, works["page refresh"])
	}
	_, err = c.GetUser(ctx, &cip.GetUserInput{AccessToken: x.api.AccessToken})
	api("api access", err)
	b := h.Browser()
	b.SetCookie("cognito", x.cookie)
	works["browser"] = b.Get("/oauth2/authorize" + housetest.Ask()).Location().Query().Has("code")

	page("code", redeem(t, h, x.codes[0]))
	x.proofs[0].h = h
	_, err = x.proofs[0].answer(t, nil)
	api("proof", err)
	x.codes, x.proofs = x.codes[1:], x.proofs[1:]
	return x.chooses(t, h, works)
}

// chooses goes on from SELECT_CHALLENGE with the password of the time when it
// was asked.
func (x *holdings) chooses(t *testing.T, h *housetest.House, works map[string]bool) map[string]bool {
	t.Helper()
	_, err := sdk(h).RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{
		ClientId: clientID(), ChallengeName: types.ChallengeNameTypeSelectChallenge, Session: &x.choices[0],
		ChallengeResponses: map[string]string{"USERNAME": x.email, "ANSWER": "PASSWORD", "PASSWORD": held},
	})
	works["choice"] = err == nil
	x.choices = x.choices[1:]
	return works
}

// happening is something after which things have ended.
type happening struct {
	does func(*testing.T, *housetest.House, *holdings)
	ends string // what; "all" is everything
}

func happenings() map[string]happening {
	ctx := context.Background()
	return map[string]happening{
		"password reset on the pages": {func(t *testing.T, h *housetest.House, x *holdings) {
			b := h.Browser()
			p := b.Follow(b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", x.email))
			b.Submit(p, "confirmforgotpasswordform", "code", h.Code(x.email), "password", "another1").Back()
		}, "all"},
		"password reset by the API": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).ForgotPassword(ctx, &cip.ForgotPasswordInput{ClientId: clientID(), Username: &x.email})
			must(t, err)
			_, err = sdk(h).ConfirmForgotPassword(ctx, &cip.ConfirmForgotPasswordInput{ClientId: clientID(), Username: &x.email, ConfirmationCode: aws.String(h.Code(x.email)), Password: aws.String("another1")})
			must(t, err)
		}, "all"},
		"password changed": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).ChangePassword(ctx, &cip.ChangePasswordInput{AccessToken: x.api.AccessToken, PreviousPassword: aws.String(held), ProposedPassword: aws.String("another1")})
			must(t, err)
		}, "all"},
		"password set by an operator": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).AdminSetUserPassword(ctx, &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: &x.email, Password: aws.String(held), Permanent: true})
			must(t, err)
		}, "all but choice"}, // the same password again: whoever is asked for it may still show it
		"GlobalSignOut": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).GlobalSignOut(ctx, &cip.GlobalSignOutInput{AccessToken: x.api.AccessToken})
			must(t, err)
		}, "all but choice"},
		"account deleted": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).DeleteUser(ctx, &cip.DeleteUserInput{AccessToken: x.api.AccessToken})
			must(t, err)
		}, "all"},
		"AdminUserGlobalSignOut": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).AdminUserGlobalSignOut(ctx, &cip.AdminUserGlobalSignOutInput{UserPoolId: poolID(), Username: &x.email})
			must(t, err)
		}, "all but choice"},
		"AdminDisableUser": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).AdminDisableUser(ctx, &cip.AdminDisableUserInput{UserPoolId: poolID(), Username: &x.email})
			must(t, err)
		}, "all"},
		"AdminDisableUser, then AdminEnableUser": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).AdminDisableUser(ctx, &cip.AdminDisableUserInput{UserPoolId: poolID(), Username: &x.email})
			must(t, err)
			_, err = sdk(h).AdminEnableUser(ctx, &cip.AdminEnableUserInput{UserPoolId: poolID(), Username: &x.email})
			must(t, err)
		}, "all but choice"},
		"AdminDeleteUser": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).AdminDeleteUser(ctx, &cip.AdminDeleteUserInput{UserPoolId: poolID(), Username: &x.email})
			must(t, err)
		}, "all"},
		"AdminResetUserPassword": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).AdminResetUserPassword(ctx, &cip.AdminResetUserPasswordInput{UserPoolId: poolID(), Username: &x.email})
			must(t, err)
		}, "all"},
		"RevokeToken": {func(t *testing.T, h *housetest.House, x *holdings) {
			_, err := sdk(h).RevokeToken(ctx, &cip.RevokeTokenInput{ClientId: clientID(), Token: x.api.RefreshToken})
			must(t, err)
		}, "api refresh, api access"},
		"/oauth2/revoke": {func(t *testing.T, h *housetest.House, x *holdings) {
			revoke(t, h, "", "client_id", housetest.ClientID, "token", x.page.text("refresh_token")).ok(t)
		}, "page refresh, page access"},
		"RevokeUserSession": {func(t *testing.T, h *housetest.House, x *holdings) {
			tokens, _ := sessions(t, h, *x.api.AccessToken)
			for _, s := range tokens {
				if s.OriginSessionId != "" {
					operation(t, h, "RevokeUserSession", false, map[string]any{"AccessToken": *x.api.AccessToken, "SessionId": s.SessionId}).ok(t)
				}
			}
		}, "page refresh, page access"},
		"/logout": {func(t *testing.T, h *housetest.House, x *holdings) {
			b := h.Browser()
			b.SetCookie("cognito", x.cookie)
			b.Get("/logout?client_id=" + housetest.ClientID + "&logout_uri=" + url.QueryEscape(housetest.Goodbye)).Back()
		}, "browser"},
	}
}

func (e happening) over(what string) bool {
	switch e.ends {
	case "all":
		return true
	case "all but choice":
		return what != "choice"
	}
	return strings.Contains(e.ends, what)
}

// tells lets each thing happen at one server and looks at another. Everything
// is seen to work first. The people have addresses at domain.
func tells(t *testing.T, at, other *housetest.House, domain string) {
	t.Helper()
	for what, e := range happenings() {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			x := holding(t, at, strings.ToLower(strings.NewReplacer(" ", "-", "/", "", ",", "").Replace(what))+"@"+domain)
			for thing, works := range x.looks(t, other) {
				if !works {
					t.Errorf("%s does not work before", thing)
				}
			}
			e.does(t, at, &x)
			for thing, works := range x.looks(t, other) {
				if works == e.over(thing) {
					t.Errorf("%s works afterwards: %t", thing, works)
				}
			}
		})
	}
}

func TestAPIWhatEndsWhen(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		tells(t, h, h, "example.com")
		waits(t, h, h, "example.org")
	})
}

// Two processes share a ledger on PostgreSQL: what ends at one has ended at the
// other.
func TestAPIWhatEndsWhenElsewhere(t *testing.T) {
	t.Parallel()
	folder, database := t.TempDir(), postgres.Fresh(t)
	program := buildProgram(t, folder)
	h := housetest.Start(t, housetest.Config{Database: database, KeyFile: filepath.Join(folder, "master.key"), Document: everyFlow(t, nil)})
	s := launch(t, program, folder, "--db", database, "--master-key-file", "master.key", "--url", h.URL())
	t.Cleanup(func() { s.kill(t) })
	other := h.Through(strings.TrimPrefix(s.url, "http://"))
	t.Run("here", func(t *testing.T) { tells(t, h, other, "example.com"); waits(t, h, other, "example.org") })
	t.Run("there", func(t *testing.T) { tells(t, other, h, "example.net") })
}
