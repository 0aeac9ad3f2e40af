package api

import (
	"context"
	"errors"
	"slices"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// What people do without a token: they are known by the client alone.

func (a *API) signUp(ctx context.Context, _ *call, in *SignUpRequest) (*SignUpResponse, error) {
	app, err := a.clientApp(ctx, in.ClientId, in.SecretHash, in.Username)
	if err != nil {
		return nil, err
	}
	attributes, err := attributeMap(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	made, err := a.Accounts.SignUp(ctx, app, account.NewUser{Username: string(in.Username), Password: string(in.Password), Attributes: attributes})
	if err != nil {
		return nil, err
	}
	return &SignUpResponse{UserSub: made.User.Sub, CodeDeliveryDetails: details(made.Delivery), Session: Sensitive(made.SessionID)}, nil
}

func (a *API) confirmSignUp(ctx context.Context, _ *call, in *ConfirmSignUpRequest) (*ConfirmSignUpResponse, error) {
	app, err := a.clientApp(ctx, in.ClientId, in.SecretHash, in.Username)
	if err != nil {
		return nil, err
	}
	err = a.Accounts.Confirm(ctx, app, account.Confirmation{
		Username: string(in.Username), Code: in.ConfirmationCode, SessionID: string(in.Session),
		ForceAlias: in.ForceAliasCreation != nil && *in.ForceAliasCreation,
	})
	return &ConfirmSignUpResponse{Session: in.Session}, err
}

func (a *API) resendConfirmationCode(ctx context.Context, _ *call, in *ResendConfirmationCodeRequest) (*ResendConfirmationCodeResponse, error) {
	app, err := a.clientApp(ctx, in.ClientId, in.SecretHash, in.Username)
	if err != nil {
		return nil, err
	}
	delivery, err := a.Accounts.Resend(ctx, app, string(in.Username))
	return &ResendConfirmationCodeResponse{CodeDeliveryDetails: details(&delivery)}, err
}

func (a *API) forgotPassword(ctx context.Context, _ *call, in *ForgotPasswordRequest) (*ForgotPasswordResponse, error) {
	app, err := a.clientApp(ctx, in.ClientId, in.SecretHash, in.Username)
	if err != nil {
		return nil, err
	}
	delivery, err := a.Accounts.Forgot(ctx, app, string(in.Username))
	return &ForgotPasswordResponse{CodeDeliveryDetails: details(&delivery)}, err
}

func (a *API) confirmForgotPassword(ctx context.Context, _ *call, in *ConfirmForgotPasswordRequest) (*ConfirmForgotPasswordResponse, error) {
	app, err := a.clientApp(ctx, in.ClientId, in.SecretHash, in.Username)
	if err != nil {
		return nil, err
	}
	return &ConfirmForgotPasswordResponse{}, a.Accounts.Reset(ctx, app, account.NewPassword{
		Username: string(in.Username), Code: in.ConfirmationCode, Password: string(in.Password),
	})
}

// What people do with an access token.

func (a *API) getUser(ctx context.Context, _ *call, in *GetUserRequest) (*GetUserResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err != nil {
		return nil, err
	}
	readable := func(name string) bool {
		attribute, ok := h.App.Pool.Attribute(name)
		return ok && h.App.Client.MayRead(attribute)
	}
	preferred, list := switchedOn(h.User)
	return &GetUserResponse{PreferredMfaSetting: preferred, UserMFASettingList: list, Username: Sensitive(h.User.Username), UserAttributes: attributeList(h.App.Pool, h.User, readable)}, nil
}

func (a *API) changePassword(ctx context.Context, _ *call, in *ChangePasswordRequest) (*ChangePasswordResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err != nil {
		return nil, err
	}
	return &ChangePasswordResponse{}, a.Accounts.ChangePassword(ctx, h.App, h.User, string(in.PreviousPassword), string(in.ProposedPassword))
}

func (a *API) updateUserAttributes(ctx context.Context, _ *call, in *UpdateUserAttributesRequest) (*UpdateUserAttributesResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err != nil {
		return nil, err
	}
	attributes, err := attributeMap(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	sent, err := a.Accounts.UpdateAttributes(ctx, h.App, h.User, attributes)
	out := &UpdateUserAttributesResponse{}
	for _, delivery := range sent {
		out.CodeDeliveryDetailsList = append(out.CodeDeliveryDetailsList, *details(&delivery))
	}
	return out, err
}

func (a *API) deleteUserAttributes(ctx context.Context, _ *call, in *DeleteUserAttributesRequest) (*DeleteUserAttributesResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err != nil {
		return nil, err
	}
	return &DeleteUserAttributesResponse{}, a.Accounts.DeleteAttributes(ctx, h.App, h.User, in.UserAttributeNames)
}

func (a *API) getUserAttributeVerificationCode(ctx context.Context, _ *call, in *GetUserAttributeVerificationCodeRequest) (*GetUserAttributeVerificationCodeResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err != nil {
		return nil, err
	}
	delivery, err := a.Accounts.SendVerification(ctx, h.App, h.User, in.AttributeName)
	return &GetUserAttributeVerificationCodeResponse{CodeDeliveryDetails: details(&delivery)}, err
}

func (a *API) verifyUserAttribute(ctx context.Context, _ *call, in *VerifyUserAttributeRequest) (*VerifyUserAttributeResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err != nil {
		return nil, err
	}
	return &VerifyUserAttributeResponse{}, a.Accounts.Verify(ctx, h.App, h.User, in.AttributeName, in.Code)
}

func (a *API) deleteUser(ctx context.Context, _ *call, in *DeleteUserRequest) error {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if err != nil {
		return err
	}
	return a.Accounts.Delete(ctx, h.User)
}

func (a *API) globalSignOut(ctx context.Context, _ *call, in *GlobalSignOutRequest) (*GlobalSignOutResponse, error) {
	h, err := a.Tokens.Access(ctx, string(in.AccessToken))
	if errors.Is(err, &pool.Error{Kind: pool.UserNotFound}) { // which this operation alone does not declare
		err = &pool.Error{Kind: pool.NotAuthorized, Reason: "access_revoked"}
	}
	if err != nil {
		return nil, err
	}
	return &GlobalSignOutResponse{}, a.Accounts.SignOutEverywhere(ctx, h.User)
}

// clientApp loads the client of a call that carries no token, and checks the
// hash that proves its secret.
func (a *API) clientApp(ctx context.Context, clientID, hash, username Sensitive) (pool.App, error) {
	app, err := a.app(ctx, string(clientID))
	if err == nil {
		err = checkSecretHash(app.Client, string(hash), string(username))
	}
	return app, err
}

// attributeMap reads a list of attributes. A later one of the same name counts.
func attributeMap(list []AttributeType) (map[string]string, error) {
	out := make(map[string]string, len(list))
	for _, attribute := range list {
		if attribute.Value == nil {
			return nil, &pool.Error{Kind: pool.InvalidParameter, Reason: "attribute_null", Field: attribute.Name}
		}
		out[attribute.Name] = string(*attribute.Value)
	}
	return out, nil
}

// attributeList lists what a user has and the caller may see: the sub first,
// the rest in the schema's order.
func attributeList(p pool.Pool, u pool.User, may func(name string) bool) []AttributeType {
	var out []AttributeType
	if sub := Sensitive(u.Sub); may("sub") {
		out = append(out, AttributeType{Name: "sub", Value: &sub})
	}
	for _, attribute := range p.Attributes() {
		if value, has := u.Attributes[attribute.Name]; has && may(attribute.Name) {
			out = append(out, AttributeType{Name: attribute.Name, Value: (*Sensitive)(&value)})
		}
	}
	return slices.Clip(out)
}

func details(d *pool.Delivery) *CodeDeliveryDetailsType {
	if d == nil || d.Medium == "" {
		return nil
	}
	return &CodeDeliveryDetailsType{Destination: &d.Destination, DeliveryMedium: d.Medium, AttributeName: d.AttributeName}
}
