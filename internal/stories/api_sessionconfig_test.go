package stories_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// A pool says whether it asks for a second factor, and which there are; what
// asks for one that there is not is refused by its name, and nothing is written.
func TestAPIMfaConfig(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		set := func(f func(*cip.SetUserPoolMfaConfigInput)) error {
			in := &cip.SetUserPoolMfaConfigInput{UserPoolId: poolID()}
			f(in)
			return only(c.SetUserPoolMfaConfig(ctx, in))
		}
		says := func(what string, how types.UserPoolMfaType, token, email bool) {
			t.Helper()
			got, err := c.GetUserPoolMfaConfig(ctx, &cip.GetUserPoolMfaConfigInput{UserPoolId: poolID()})
			must(t, err)
			described, err := c.DescribeUserPool(ctx, &cip.DescribeUserPoolInput{UserPoolId: poolID()})
			must(t, err)
			if got.MfaConfiguration != how || described.UserPool.MfaConfiguration != how || got.SmsMfaConfiguration != nil || got.WebAuthnConfiguration != nil ||
				(got.SoftwareTokenMfaConfiguration != nil) != token || (got.EmailMfaConfiguration != nil) != email {
				t.Errorf("%s: %+v, the pool says %s", what, got, described.UserPool.MfaConfiguration)
			}
		}
		says("at first", types.UserPoolMfaTypeOff, false, false)
		must(t, set(func(in *cip.SetUserPoolMfaConfigInput) {
			in.MfaConfiguration, in.SoftwareTokenMfaConfiguration = types.UserPoolMfaTypeOff, &types.SoftwareTokenMfaConfigType{Enabled: false}
		}))
		says("set to OFF", types.UserPoolMfaTypeOff, false, false)
		must(t, setMFA(h, types.UserPoolMfaTypeOptional, "token", "email"))
		says("two factors", types.UserPoolMfaTypeOptional, true, true)
		update := func(how types.UserPoolMfaType) error {
			return only(c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: poolID(), MfaConfiguration: how, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}}))
		}
		must(t, update(""))
		says("an update that does not name it", types.UserPoolMfaTypeOptional, true, true)
		must(t, update(types.UserPoolMfaTypeOn))
		says("an update to ON", types.UserPoolMfaTypeOn, true, true)

		const invalid = "InvalidParameterException"
		app := &types.SoftwareTokenMfaConfigType{Enabled: true}
		for naming, f := range map[string]func(*cip.SetUserPoolMfaConfigInput){
			"Invalid MFA configuration": func(in *cip.SetUserPoolMfaConfigInput) {
				in.MfaConfiguration, in.SoftwareTokenMfaConfiguration = types.UserPoolMfaTypeOff, app
			},
			"SMS": func(in *cip.SetUserPoolMfaConfigInput) { in.MfaConfiguration = types.UserPoolMfaTypeOn },
			"SmsMfaConfiguration": func(in *cip.SetUserPoolMfaConfigInput) {
				in.MfaConfiguration, in.SmsMfaConfiguration = types.UserPoolMfaTypeOptional, &types.SmsMfaConfigType{SmsConfiguration: &types.SmsConfigurationType{SnsCallerArn: aws.String("arn:aws:iam::123456789012:role/sms")}}
			},
			"mailMfaConfiguration.": func(in *cip.SetUserPoolMfaConfigInput) {
				in.MfaConfiguration, in.EmailMfaConfiguration = types.UserPoolMfaTypeOptional, &types.EmailMfaConfigType{Message: aws.String("no place for a code")}
			},
			"WebAuthnConfiguration.RelyingPartyId": func(in *cip.SetUserPoolMfaConfigInput) {
				in.WebAuthnConfiguration = &types.WebAuthnConfigurationType{RelyingPartyId: aws.String("example.com")}
			},
			"WebAuthnConfiguration.UserVerification": func(in *cip.SetUserPoolMfaConfigInput) {
				in.WebAuthnConfiguration = &types.WebAuthnConfigurationType{UserVerification: "required"}
			},
		} {
			throws(t, set(f), invalid, naming)
			says("after "+naming, types.UserPoolMfaTypeOn, true, true)
		}
		must(t, update(types.UserPoolMfaTypeOff))
		says("an update to OFF", types.UserPoolMfaTypeOff, false, false)
		throws(t, update(types.UserPoolMfaTypeOn), invalid, "Cannot turn MFA functionality ON, once the user pool has been created")
	})
}

// sessionConfig reads what a pool says of the sessions of its people.
func sessionConfig(t *testing.T, h *housetest.House) (tracking string, most int) {
	t.Helper()
	var out struct {
		UserPoolId, UserSessionTracking string
		TokenSession                    struct{ MaxPerUser int }
	}
	must(t, json.Unmarshal([]byte(operation(t, h, "GetUserPoolSessionConfiguration", true, map[string]any{"UserPoolId": housetest.PoolID}).ok(t).body), &out))
	if out.UserPoolId != housetest.PoolID {
		t.Errorf("answered for the pool %q", out.UserPoolId)
	}
	return out.UserSessionTracking, out.TokenSession.MaxPerUser
}

// A pool bounds how many sessions somebody may have open: one more ends the one
// that was used least recently. Where sessions are not recorded there is no
// bound and nothing to list, and no device is kept.
func TestAPISessionTracking(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		set := func(how string, most int) {
			t.Helper()
			operation(t, h, "SetUserPoolSessionConfiguration", true, tracking(housetest.PoolID, how, most)).ok(t)
			if gotHow, gotMost := sessionConfig(t, h); gotHow != how || gotMost != most {
				t.Errorf("set %s, %d; got %s, %d", how, most, gotHow, gotMost)
			}
		}
		if how, most := sessionConfig(t, h); how != "ENABLED" || most != 0 {
			t.Errorf("at first %s, %d", how, most)
		}
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		set("ENABLED", 2)
		renew := func(token string) answer {
			t.Helper()
			return operation(t, h, "GetTokensFromRefreshToken", false, map[string]any{"ClientId": housetest.ClientID, "RefreshToken": token})
		}
		_, oldest := apiTokens(t, h)
		h.Advance(10 * time.Minute)
		_, idle := apiTokens(t, h)
		h.Advance(10 * time.Minute)
		renew(oldest).ok(t) // used after the other one
		h.Advance(10 * time.Minute)
		access, newest := apiTokens(t, h)
		if tokens, _ := sessions(t, h, access); len(tokens) != 2 {
			t.Errorf("%d sessions are open: %+v", len(tokens), tokens)
		}
		renew(idle).refuses(t, "the one that was idle", "NotAuthorizedException", "Invalid Refresh Token")
		renew(oldest).ok(t)
		renew(newest).ok(t)

		set("DISABLED", 2)
		operation(t, h, "ListUserSessions", false, map[string]any{"AccessToken": access}).
			refuses(t, "listing", "OperationNotEnabledException", "Session tracking is not enabled for the user pool.")
		for range 3 {
			_, _ = apiTokens(t, h)
		}
		renew(oldest).ok(t)

		set("ENABLED", 100)
		tokens, _ := sessions(t, h, access)
		if len(tokens) != 5 {
			t.Fatalf("%d sessions are open: %+v", len(tokens), tokens)
		}
		nameless := 0
		for _, s := range tokens {
			if s.DeviceType == "" && s.LastIPAddress == "" {
				nameless++
			}
		}
		if nameless != 3 {
			t.Errorf("%d of three unrecorded sessions say nothing of where: %+v", nameless, tokens)
		}
	})
}

// An app client says for how long it lets a remembered browser in.
func TestAPISessionReuse(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		minutes := func() int {
			t.Helper()
			var out struct {
				UserPoolId, ClientId string
				SSOSession           struct{ MaxValidityMinutes int }
			}
			must(t, json.Unmarshal([]byte(operation(t, h, "GetUserPoolClientSessionConfiguration", true,
				map[string]any{"UserPoolId": housetest.PoolID, "ClientId": housetest.ClientID}).ok(t).body), &out))
			if out.UserPoolId != housetest.PoolID || out.ClientId != housetest.ClientID {
				t.Errorf("answered for %+v", out)
			}
			return out.SSOSession.MaxValidityMinutes
		}
		set := func(n int) {
			t.Helper()
			operation(t, h, "SetUserPoolClientSessionConfiguration", true, reuse(housetest.PoolID, housetest.ClientID, n)).ok(t)
			if got := minutes(); got != n {
				t.Errorf("set %d minutes, got %d", n, got)
			}
		}
		if got := minutes(); got != 60 {
			t.Errorf("at first %d minutes", got)
		}
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		b := h.Browser()
		known := func() bool { return b.Get("/oauth2/authorize" + housetest.Ask()).Location().Query().Has("code") }
		in := func() { t.Helper(); b = h.Browser(); h.SignIn(b, housetest.Ask(), ann, secret) }

		in()
		h.Advance(59 * time.Minute)
		if !known() {
			t.Error("not let in within the hour")
		}
		set(0)
		if known() {
			t.Error("let in by a client that never takes a remembered browser")
		}
		set(5)
		in()
		h.Advance(4 * time.Minute)
		if !known() {
			t.Error("not let in within five minutes")
		}
		h.Advance(2 * time.Minute)
		if known() {
			t.Error("let in after five minutes")
		}
		set(180)
		in()
		h.Advance(179 * time.Minute)
		if !known() {
			t.Error("not let in within three hours")
		}
		h.Advance(2 * time.Minute)
		if known() {
			t.Error("let in after three hours")
		}
	})
}
