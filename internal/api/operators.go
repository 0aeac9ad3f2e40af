package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// What operators do with people.

func (a *API) adminGetUser(ctx context.Context, _ *call, in *AdminGetUserRequest) (*AdminGetUserResponse, error) {
	p, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	enabled := !user.Disabled
	preferred, list := switchedOn(user)
	return &AdminGetUserResponse{
		PreferredMfaSetting: preferred, UserMFASettingList: list,
		Username: Sensitive(user.Username), UserAttributes: attributeList(p, user, everything),
		UserCreateDate: Time(user.CreateDate), UserLastModifiedDate: Time(user.LastModifiedDate), Enabled: &enabled, UserStatus: string(user.Status),
	}, nil
}

func (a *API) adminCreateUser(ctx context.Context, _ *call, in *AdminCreateUserRequest) (*AdminCreateUserResponse, error) {
	p, err := a.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	attributes, err := attributeMap(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	user, err := a.Accounts.Invite(ctx, p, account.Invitation{
		Username: string(in.Username), TemporaryPassword: string(in.TemporaryPassword), Attributes: attributes, Action: in.MessageAction,
		Mediums: in.DesiredDeliveryMediums, ForceAlias: in.ForceAliasCreation != nil && *in.ForceAliasCreation,
	})
	if err != nil {
		return nil, err
	}
	return &AdminCreateUserResponse{User: userType(p, user, everything)}, nil
}

func (a *API) adminSetUserPassword(ctx context.Context, _ *call, in *AdminSetUserPasswordRequest) (*AdminSetUserPasswordResponse, error) {
	p, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &AdminSetUserPasswordResponse{}, a.Accounts.SetPassword(ctx, p, user, string(in.Password), in.Permanent != nil && *in.Permanent)
}

func (a *API) adminConfirmSignUp(ctx context.Context, _ *call, in *AdminConfirmSignUpRequest) (*AdminConfirmSignUpResponse, error) {
	_, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &AdminConfirmSignUpResponse{}, a.Accounts.ConfirmByOperator(ctx, user)
}

func (a *API) adminEnableUser(ctx context.Context, _ *call, in *AdminEnableUserRequest) (*AdminEnableUserResponse, error) {
	_, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &AdminEnableUserResponse{}, a.Accounts.Enable(ctx, user)
}

func (a *API) adminDisableUser(ctx context.Context, _ *call, in *AdminDisableUserRequest) (*AdminDisableUserResponse, error) {
	_, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &AdminDisableUserResponse{}, a.Accounts.Disable(ctx, user)
}

func (a *API) adminResetUserPassword(ctx context.Context, _ *call, in *AdminResetUserPasswordRequest) (*AdminResetUserPasswordResponse, error) {
	p, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &AdminResetUserPasswordResponse{}, a.Accounts.ResetByOperator(ctx, p, user)
}

func (a *API) adminUserGlobalSignOut(ctx context.Context, _ *call, in *AdminUserGlobalSignOutRequest) (*AdminUserGlobalSignOutResponse, error) {
	_, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &AdminUserGlobalSignOutResponse{}, a.Accounts.SignOutEverywhere(ctx, user)
}

func (a *API) adminDeleteUser(ctx context.Context, _ *call, in *AdminDeleteUserRequest) error {
	_, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return err
	}
	return a.Accounts.Delete(ctx, user)
}

func (a *API) adminUpdateUserAttributes(ctx context.Context, _ *call, in *AdminUpdateUserAttributesRequest) (*AdminUpdateUserAttributesResponse, error) {
	p, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	changes, err := attributeMap(in.UserAttributes)
	if err != nil {
		return nil, err
	}
	return &AdminUpdateUserAttributesResponse{}, a.Accounts.UpdateByOperator(ctx, p, user, changes)
}

func (a *API) adminDeleteUserAttributes(ctx context.Context, _ *call, in *AdminDeleteUserAttributesRequest) (*AdminDeleteUserAttributesResponse, error) {
	p, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return &AdminDeleteUserAttributesResponse{}, a.Accounts.DeleteByOperator(ctx, p, user, in.UserAttributeNames)
}

func (a *API) userOf(ctx context.Context, poolID string, username Sensitive) (pool.Pool, pool.User, error) {
	p, err := a.pool(ctx, poolID)
	if err != nil {
		return p, pool.User{}, err
	}
	user, err := a.Accounts.Find(ctx, p, string(username))
	return p, user, err
}

// everything is what operators may see of people.
func everything(string) bool { return true }

func userType(p pool.Pool, u pool.User, may func(name string) bool) *UserType {
	enabled := !u.Disabled
	return &UserType{
		Username: Sensitive(u.Username), Attributes: attributeList(p, u, may),
		UserCreateDate: Time(u.CreateDate), UserLastModifiedDate: Time(u.LastModifiedDate), Enabled: &enabled, UserStatus: string(u.Status),
	}
}
