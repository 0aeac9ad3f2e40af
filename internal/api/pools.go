package api

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func (a *API) createUserPool(ctx context.Context, _ *call, in *CreateUserPoolRequest) (*CreateUserPoolResponse, error) {
	var settings pool.Settings
	if err := fromRequest(in, &settings); err != nil {
		return nil, err
	}
	p, err := a.Setup.CreatePool(ctx, settings)
	if err != nil {
		return nil, err
	}
	out, err := a.poolType(ctx, p)
	return &CreateUserPoolResponse{UserPool: out}, err
}

func (a *API) describeUserPool(ctx context.Context, _ *call, in *DescribeUserPoolRequest) (*DescribeUserPoolResponse, error) {
	p, err := a.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	out, err := a.poolType(ctx, p)
	return &DescribeUserPoolResponse{UserPool: out}, err
}

func (a *API) updateUserPool(ctx context.Context, _ *call, in *UpdateUserPoolRequest) (*UpdateUserPoolResponse, error) {
	var settings pool.Settings
	if err := fromRequest(in, &settings, "UserPoolId"); err != nil {
		return nil, err
	}
	_, err := a.Setup.UpdatePool(ctx, in.UserPoolId, settings)
	return &UpdateUserPoolResponse{}, err
}

func (a *API) addCustomAttributes(ctx context.Context, _ *call, in *AddCustomAttributesRequest) (*AddCustomAttributesResponse, error) {
	var added []pool.SchemaAttribute
	if err := convert(in.CustomAttributes, &added); err != nil {
		return nil, err
	}
	return &AddCustomAttributesResponse{}, a.Setup.AddCustomAttributes(ctx, in.UserPoolId, added)
}

func (a *API) getSigningCertificate(ctx context.Context, _ *call, in *GetSigningCertificateRequest) (*GetSigningCertificateResponse, error) {
	if _, err := a.pool(ctx, in.UserPoolId); err != nil {
		return nil, err
	}
	der, err := a.Tokens.Certificate(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &GetSigningCertificateResponse{Certificate: new(base64.StdEncoding.EncodeToString(der))}, nil
}

func (a *API) deleteUserPool(ctx context.Context, _ *call, in *DeleteUserPoolRequest) error {
	return a.Setup.DeletePool(ctx, in.UserPoolId)
}

func (a *API) listUserPools(ctx context.Context, _ *call, in *ListUserPoolsRequest) (*ListUserPoolsResponse, error) {
	pools, next, err := paged(a, pageAsk{"ListUserPools", in.NextToken, in.MaxResults}, func(after string, limit int) ([]pool.Pool, error) {
		return a.DB.Pools.List(ctx, after, limit)
	}, func(p pool.Pool) string { return p.ID })
	if err != nil {
		return nil, err
	}
	out := &ListUserPoolsResponse{UserPools: []UserPoolDescriptionType{}, NextToken: next}
	for _, p := range pools {
		out.UserPools = append(out.UserPools, UserPoolDescriptionType{
			Id: p.ID, Name: p.PoolName, LambdaConfig: &LambdaConfigType{}, CreationDate: Time(p.CreationDate), LastModifiedDate: Time(p.LastModifiedDate),
		})
	}
	return out, nil
}

// poolType is a pool as the API shows it: its settings, and Cognito's defaults
// where nothing was said.
func (a *API) poolType(ctx context.Context, p pool.Pool) (*UserPoolType, error) {
	out := &UserPoolType{
		Id: p.ID, Name: p.PoolName, Arn: pool.ARN(p.ID, a.Account),
		CreationDate: Time(p.CreationDate), LastModifiedDate: Time(p.LastModifiedDate),
		LambdaConfig: &LambdaConfigType{}, UserPoolTags: map[string]string{},
	}
	if err := convert(p.Settings, out); err != nil {
		return nil, err
	}
	if err := convert(p.Attributes(), &out.SchemaAttributes); err != nil {
		return nil, err
	}
	if err := poolDefaults(p, out); err != nil {
		return nil, err
	}
	users, err := a.DB.Users.Count(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	out.EstimatedNumberOfUsers = new(int(users))
	domains, err := a.DB.DomainsOf(ctx, p.ID)
	for _, d := range domains {
		if d.Custom() {
			out.CustomDomain = d.Domain
		} else {
			out.Domain = d.Domain
		}
	}
	return out, err
}

func poolDefaults(p pool.Pool, out *UserPoolType) error {
	days := int(p.TemporaryPasswordLife() / (24 * time.Hour))
	policy := p.PasswordPolicy()
	policy.TemporaryPasswordValidityDays = &days
	out.Policies = &UserPoolPolicyType{SignInPolicy: &SignInPolicyType{AllowedFirstAuthFactors: []string{"PASSWORD"}}}
	if err := convert(pool.Policies{PasswordPolicy: &policy}, out.Policies); err != nil {
		return err
	}
	orDefault(&out.DeletionProtection, "INACTIVE")
	out.MfaConfiguration = p.MFA()
	out.UserPoolTier = p.Tier()
	if out.UserPoolAddOns != nil {
		orDefault(&out.UserPoolAddOns.AdvancedSecurityMode, "OFF")
	}
	if out.UserAttributeUpdateSettings == nil {
		out.UserAttributeUpdateSettings = &UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []string{}}
	}
	if out.VerificationMessageTemplate == nil {
		out.VerificationMessageTemplate = &VerificationMessageTemplateType{}
	}
	orDefault(&out.VerificationMessageTemplate.DefaultEmailOption, "CONFIRM_WITH_CODE")
	if out.EmailConfiguration == nil {
		out.EmailConfiguration = &EmailConfigurationType{}
	}
	orDefault(&out.EmailConfiguration.EmailSendingAccount, "COGNITO_DEFAULT")
	if out.AdminCreateUserConfig == nil {
		out.AdminCreateUserConfig = &AdminCreateUserConfigType{}
	}
	if out.AdminCreateUserConfig.AllowAdminCreateUserOnly == nil {
		out.AdminCreateUserConfig.AllowAdminCreateUserOnly = new(false)
	}
	out.AdminCreateUserConfig.UnusedAccountValidityDays = &days
	return nil
}
