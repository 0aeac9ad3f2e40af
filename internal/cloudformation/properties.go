package cloudformation

// The properties of the resources that are made here (CloudFormation: Amazon
// Cognito resource type reference). All of them stand here, also those that the
// document does not know yet: its reader says so.

func one(name string) member     { return member{name: name} }
func integer(name string) member { return member{name: name, shape: shape{form: whole}} }
func truthy(name string) member  { return member{name: name, shape: shape{form: yesNo}} }
func anyOf(name string) member   { return member{name: name, shape: shape{form: free}} }

func texts(name string) member { return listing(name, shape{form: words}) }

func listing(name string, of shape) member {
	return member{name: name, shape: shape{form: listOf, of: &of}}
}

func group(name string, members ...member) member {
	return member{name: name, shape: shape{form: record, members: members}}
}

func (m member) called(as string) member {
	m.as = as
	return m
}

func (m member) needed() member {
	m.required = true
	return m
}

func (m member) unknown() member {
	m.later = true
	return m
}

func fields(members ...member) shape { return shape{form: record, members: members} }

func poolProperties() []member {
	return []member{
		one("UserPoolName").called("PoolName"),
		group("AccountRecoverySetting", listing("RecoveryMechanisms", fields(one("Name"), integer("Priority")))),
		group("AdminCreateUserConfig", truthy("AllowAdminCreateUserOnly"), integer("UnusedAccountValidityDays"),
			group("InviteMessageTemplate", one("EmailMessage"), one("EmailSubject"), one("SMSMessage"))),
		texts("AliasAttributes"), texts("AutoVerifiedAttributes"), texts("UsernameAttributes"), texts("EnabledMfas"),
		one("DeletionProtection"), one("MfaConfiguration"), one("UserPoolTier"),
		group("DeviceConfiguration", truthy("ChallengeRequiredOnNewDevice"), truthy("DeviceOnlyRememberedOnUserPrompt")),
		one("EmailAuthenticationMessage"), one("EmailAuthenticationSubject"), one("EmailVerificationMessage"), one("EmailVerificationSubject"),
		one("SmsAuthenticationMessage"), one("SmsVerificationMessage"),
		group("EmailConfiguration", one("ConfigurationSet"), one("EmailSendingAccount"), one("From"), one("ReplyToEmailAddress"), one("SourceArn")),
		group("SmsConfiguration", one("ExternalId"), one("SnsCallerArn"), one("SnsRegion")),
		lambdaProperties(),
		group("Policies",
			group("PasswordPolicy", integer("MinimumLength"), integer("PasswordHistorySize"), integer("TemporaryPasswordValidityDays"),
				truthy("RequireLowercase"), truthy("RequireNumbers"), truthy("RequireSymbols"), truthy("RequireUppercase")),
			group("SignInPolicy", texts("AllowedFirstAuthFactors"))),
		listing("Schema", fields(one("Name"), one("AttributeDataType"), truthy("DeveloperOnlyAttribute"), truthy("Mutable"), truthy("Required"),
			group("NumberAttributeConstraints", one("MinValue"), one("MaxValue")), group("StringAttributeConstraints", one("MinLength"), one("MaxLength")))),
		group("UserAttributeUpdateSettings", texts("AttributesRequireVerificationBeforeUpdate")),
		group("UsernameConfiguration", truthy("CaseSensitive")),
		group("UserPoolAddOns", one("AdvancedSecurityMode"), group("AdvancedSecurityAdditionalFlows", one("CustomAuthMode"))),
		anyOf("UserPoolTags"),
		group("VerificationMessageTemplate", one("DefaultEmailOption"), one("EmailMessage"), one("EmailMessageByLink"), one("EmailSubject"),
			one("EmailSubjectByLink"), one("SmsMessage")),
		one("WebAuthnRelyingPartyID").unknown(), one("WebAuthnUserVerification").unknown(), one("WebAuthnFactorConfiguration").unknown(),
	}
}

func lambdaProperties() member {
	version := func(name string) member { return group(name, one("LambdaArn"), one("LambdaVersion")) }
	return group("LambdaConfig", one("CreateAuthChallenge"), one("CustomMessage"), one("DefineAuthChallenge"), one("PostAuthentication"),
		one("PostConfirmation"), one("PreAuthentication"), one("PreSignUp"), one("PreTokenGeneration"), one("UserMigration"),
		one("VerifyAuthChallengeResponse"), one("KMSKeyID"), version("PreTokenGenerationConfig"), version("CustomEmailSender"), version("CustomSMSSender"),
		version("InboundFederation"))
}

func clientProperties() []member {
	return []member{
		one("UserPoolId").needed(), one("ClientName"), truthy("GenerateSecret"),
		integer("AccessTokenValidity"), integer("IdTokenValidity"), integer("RefreshTokenValidity"), integer("AuthSessionValidity"),
		group("TokenValidityUnits", one("AccessToken"), one("IdToken"), one("RefreshToken")),
		group("RefreshTokenRotation", one("Feature"), integer("RetryGracePeriodSeconds")),
		truthy("AllowedOAuthFlowsUserPoolClient"), texts("AllowedOAuthFlows"), texts("AllowedOAuthScopes"),
		texts("CallbackURLs"), texts("LogoutURLs"), one("DefaultRedirectURI"),
		texts("ExplicitAuthFlows"), texts("SupportedIdentityProviders"), texts("ReadAttributes"), texts("WriteAttributes"),
		one("PreventUserExistenceErrors"), truthy("EnableTokenRevocation"), truthy("EnablePropagateAdditionalUserContextData"),
		group("AnalyticsConfiguration", one("ApplicationArn"), one("ApplicationId"), one("ExternalId"), one("RoleArn"), truthy("UserDataShared")),
	}
}

func domainProperties() []member {
	return []member{
		one("UserPoolId").needed(), one("Domain").needed(), integer("ManagedLoginVersion"), group("CustomDomainConfig", one("CertificateArn")),
	}
}

func serverProperties() []member {
	return []member{
		one("UserPoolId").needed(), one("Identifier").needed(), one("Name").needed(),
		listing("Scopes", fields(one("ScopeName").needed(), one("ScopeDescription").needed())),
	}
}

func customizationProperties() []member {
	return []member{one("UserPoolId").needed(), one("ClientId").needed(), one("CSS")}
}

func groupProperties() []member {
	return []member{one("UserPoolId").needed(), one("GroupName"), one("Description"), integer("Precedence"), one("RoleArn")}
}

func userProperties() []member {
	return []member{
		one("UserPoolId").needed(), one("Username").needed(), listing("UserAttributes", fields(one("Name").needed(), one("Value"))),
		one("MessageAction"), texts("DesiredDeliveryMediums"), truthy("ForceAliasCreation"), anyOf("ClientMetadata"),
		listing("ValidationData", fields(one("Name").needed(), one("Value"))),
	}
}

func memberProperties() []member {
	return []member{one("UserPoolId").needed(), one("Username").needed(), one("GroupName").needed()}
}
