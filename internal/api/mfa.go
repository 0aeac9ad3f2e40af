package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Second factors: what a pool asks for, and what people have.

func (a *API) getUserPoolMfaConfig(ctx context.Context, _ *call, in *GetUserPoolMfaConfigRequest) (*GetUserPoolMfaConfigResponse, error) {
	p, err := a.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	out := &GetUserPoolMfaConfigResponse{}
	return out, mfaConfig(p, out)
}

func (a *API) setUserPoolMfaConfig(ctx context.Context, _ *call, in *SetUserPoolMfaConfigRequest) (*SetUserPoolMfaConfigResponse, error) {
	var ask pool.MFA
	if err := convert(in, &ask); err != nil {
		return nil, err
	}
	p, err := a.Setup.SetMFA(ctx, in.UserPoolId, ask)
	if err != nil {
		return nil, err
	}
	out := &SetUserPoolMfaConfigResponse{}
	return out, mfaConfig(p, out)
}

// mfaConfig fills an answer with what the pool says of second factors.
func mfaConfig(p pool.Pool, out any) error {
	shown := p.SecondFactors
	shown.MfaConfiguration = p.MFA()
	return convert(shown, out)
}

func (a *API) associateSoftwareToken(ctx context.Context, _ *call, in *AssociateSoftwareTokenRequest) (*AssociateSoftwareTokenResponse, error) {
	if in.AccessToken != "" {
		h, err := a.Tokens.Access(ctx, string(in.AccessToken))
		if e := pool.AsError(err); e != nil && (e.Kind == pool.UserNotFound || e.Kind == pool.PasswordResetRequired) { // which this operation does not declare
			err = &pool.Error{Kind: pool.NotAuthorized, Reason: "access_revoked"}
		}
		if err != nil {
			return nil, err
		}
		seed, err := a.Accounts.AskToken(ctx, h.App, h.User)
		return &AssociateSoftwareTokenResponse{SecretCode: Sensitive(seed)}, err
	}
	app, err := a.appOfSession(ctx, string(in.Session))
	if err != nil {
		return nil, err
	}
	seed, next, err := a.Accounts.AskTokenBySession(ctx, app, string(in.Session))
	return &AssociateSoftwareTokenResponse{SecretCode: Sensitive(seed), Session: Sensitive(next)}, err
}

func (a *API) verifySoftwareToken(ctx context.Context, _ *call, in *VerifySoftwareTokenRequest) (*VerifySoftwareTokenResponse, error) {
	name := ""
	if in.FriendlyDeviceName != nil {
		name = *in.FriendlyDeviceName
	}
	if in.AccessToken != "" {
		h, err := a.Tokens.Access(ctx, string(in.AccessToken))
		if err != nil {
			return nil, err
		}
		return &VerifySoftwareTokenResponse{Status: "SUCCESS"}, a.Accounts.ProveToken(ctx, h.App, h.User, string(in.UserCode), name)
	}
	app, err := a.appOfSession(ctx, string(in.Session))
	if err != nil {
		return nil, err
	}
	next, err := a.Accounts.ProveTokenBySession(ctx, app, string(in.Session), string(in.UserCode), name)
	return &VerifySoftwareTokenResponse{Status: "SUCCESS", Session: Sensitive(next)}, err
}

// appOfSession loads the app client of a session that a call brings without
// naming the client.
func (a *API) appOfSession(ctx context.Context, id string) (pool.App, error) {
	if id == "" {
		return pool.App{}, &pool.Error{Kind: pool.InvalidParameter, Reason: "token_or_session"}
	}
	app, err := a.app(ctx, pool.ClientOfSession(id))
	if pool.AsError(err) != nil { // the client was deleted, or the id made up
		err = pool.ErrSession
	}
	return app, err
}

func (a *API) setUserMFAPreference(ctx context.Context, _ *call, in *SetUserMFAPreferenceRequest) (*SetUserMFAPreferenceResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err != nil {
		return nil, err
	}
	choices, err := factorChoices(in.SoftwareTokenMfaSettings, in.EmailMfaSettings, in.SMSMfaSettings, in.WebAuthnMfaSettings)
	if err != nil {
		return nil, err
	}
	return &SetUserMFAPreferenceResponse{}, a.Accounts.Prefer(ctx, h.User, choices)
}

func (a *API) adminSetUserMFAPreference(ctx context.Context, _ *call, in *AdminSetUserMFAPreferenceRequest) (*AdminSetUserMFAPreferenceResponse, error) {
	_, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	choices, err := factorChoices(in.SoftwareTokenMfaSettings, in.EmailMfaSettings, in.SMSMfaSettings, in.WebAuthnMfaSettings)
	if err != nil {
		return nil, err
	}
	return &AdminSetUserMFAPreferenceResponse{}, a.Accounts.Prefer(ctx, user, choices)
}

// factorChoices reads what is to be switched on and off. Factors that there are
// not yet are refused where they are asked for.
func factorChoices(token *SoftwareTokenMfaSettingsType, email *EmailMfaSettingsType, sms *SMSMfaSettingsType, passkey *WebAuthnMfaSettingsType) (map[pool.Factor]pool.FactorChoice, error) {
	yes := func(b *bool) bool { return b != nil && *b }
	if sms != nil && (yes(sms.Enabled) || yes(sms.PreferredMfa)) {
		return nil, &pool.Error{Kind: pool.InvalidParameter, Reason: "no_factor", Field: "SMS_MFA"}
	}
	if passkey != nil && yes(passkey.Enabled) {
		return nil, &pool.Error{Kind: pool.InvalidParameter, Reason: "no_factor", Field: "WEB_AUTHN_MFA"}
	}
	choices := map[pool.Factor]pool.FactorChoice{}
	if token != nil {
		choices[pool.FactorToken] = pool.FactorChoice{Enabled: yes(token.Enabled), Preferred: yes(token.PreferredMfa)}
	}
	if email != nil {
		choices[pool.FactorEmail] = pool.FactorChoice{Enabled: yes(email.Enabled), Preferred: yes(email.PreferredMfa)}
	}
	return choices, nil
}

func (a *API) adminDeleteSoftwareToken(ctx context.Context, _ *call, in *AdminDeleteSoftwareTokenRequest) (*AdminDeleteSoftwareTokenResponse, error) {
	_, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &AdminDeleteSoftwareTokenResponse{}, a.Accounts.DropToken(ctx, user)
}

func (a *API) getUserAuthFactors(ctx context.Context, _ *call, in *GetUserAuthFactorsRequest) (*GetUserAuthFactorsResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err != nil {
		return nil, err
	}
	return (*GetUserAuthFactorsResponse)(authFactors(h.App.Pool, h.User)), nil
}

func (a *API) adminGetUserAuthFactors(ctx context.Context, _ *call, in *AdminGetUserAuthFactorsRequest) (*AdminGetUserAuthFactorsResponse, error) {
	p, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return authFactors(p, user), nil
}

func authFactors(p pool.Pool, u pool.User) *AdminGetUserAuthFactorsResponse {
	out := &AdminGetUserAuthFactorsResponse{Username: Sensitive(u.Username), ConfiguredUserAuthFactors: p.FactorsOf(u)}
	out.PreferredMfaSetting, out.UserMFASettingList = switchedOn(u)
	return out
}

// switchedOn are the second factors that somebody has on, and the one that is
// asked for: nil where there is none.
func switchedOn(u pool.User) (preferred *string, list []string) {
	for _, f := range u.MFA.Enabled {
		list = append(list, string(f))
	}
	if u.MFA.Preferred != "" {
		preferred = new(string(u.MFA.Preferred))
	}
	return preferred, list
}
