package api

// messages returns the text of each refusal by [pool.Error.Key], letter for
// letter as Cognito writes it, for programs compare them: some end in a full
// stop, some do not. {name} stands for an Arg, {field} for the Field and {FIELD}
// for the Field in capitals, as the keys of AuthParameters are. Where Cognito's
// own text is not known the sentence is ours.
func messages() map[string]string {
	all := map[string]string{}
	for _, family := range []map[string]string{notAuthorized(), invalidParameter(), invalidPassword(), otherRefusals()} {
		for key, text := range family {
			all[key] = text
		}
	}
	return all
}

func notAuthorized() map[string]string {
	return map[string]string{
		"NotAuthorized.password":          "Incorrect username or password.",
		"NotAuthorized.attempts":          "Password attempts exceeded",
		"NotAuthorized.disabled":          "User is disabled.",
		"NotAuthorized.confirmed":         "User cannot be confirmed. Current status is CONFIRMED",
		"NotAuthorized.status":            "User cannot be confirmed. Current status is {status}",
		"NotAuthorized.reset_state":       "User password cannot be reset in the current state.",
		"NotAuthorized.temporary_expired": "Temporary password has expired and must be reset by an administrator.",
		"NotAuthorized.recovery":          "Contact administrator to reset password.",
		"NotAuthorized.secret_missing":    "Client {client} is configured with secret but SECRET_HASH was not received",
		"NotAuthorized.secret_hash":       "SecretHash does not match for the client: {client}",
		"NotAuthorized.secret_hash_auth":  "Unable to verify secret hash for client {client}",
		"NotAuthorized.refresh":           "Invalid Refresh Token",
		"NotAuthorized.refresh_revoked":   "Refresh Token has been revoked",
		"NotAuthorized.refresh_expired":   "Refresh Token has expired",
		"NotAuthorized.access":            "Invalid Access Token",
		"NotAuthorized.access_expired":    "Access Token has expired",
		"NotAuthorized.access_revoked":    "Access Token has been revoked",
		"NotAuthorized.access_scope":      "Access Token does not have required scopes",
		"NotAuthorized.session":           "Invalid session for the user.",
		"NotAuthorized.session_expired":   "Invalid session for the user, session is expired.",
		"NotAuthorized.session_used":      "Invalid session for the user, session can only be used once.",
		"NotAuthorized.write_attribute":   "A client attempted to write unauthorized attribute",
		"NotAuthorized.already_provided":  "Cannot modify an already provided {field}",
		"NotAuthorized.signup_closed":     "SignUp is not permitted for this user pool",
		"NotAuthorized.external":          "User is not authorized to get auth details",
	}
}

func invalidParameter() map[string]string {
	return map[string]string{
		"InvalidParameter.required":           "Missing required parameter {FIELD}",
		"InvalidParameter.username":           `1 validation error detected: Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+`,
		"InvalidParameter.attribute":          `1 validation error detected: Value at '{field}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+`,
		"InvalidParameter.setting":            "{field}: {detail}",
		"InvalidParameter.domain":             "{field}: {detail}",
		"InvalidParameter.redirect":           "{detail}",
		"InvalidParameter.attribute_value":    "Attributes did not conform to the schema: {field}: The value does not fit the attribute.\n",
		"InvalidParameter.preferred_username": "preferred_username cannot be set before the account is confirmed.",
		"InvalidParameter.srp_a":              "SRP_A is not a value that the server can answer.",
		"InvalidParameter.factor":             "Unsupported first auth factor",
		"InvalidParameter.flow":               "{flow} flow not enabled for this client",
		"InvalidParameter.flow_other":         "Auth flow not enabled for this client",
		"InvalidParameter.flow_srp":           "USER_SRP_AUTH is not enabled for the client.",
		"InvalidParameter.flow_custom":        "CUSTOM_AUTH is not enabled for the client.",
		"InvalidParameter.flow_operation":     "Initiate Auth method not supported.",
		"InvalidParameter.custom_trigger":     "Custom auth lambda trigger is not configured for the user pool.",
		"InvalidParameter.username_email":     "Username should be an email.",
		"InvalidParameter.username_phone":     "Username should be a phone number.",
		"InvalidParameter.username_either":    "Username should be either an email or a phone number.",
		"InvalidParameter.alias_email":        "Username cannot be of email format, since user pool is configured for email alias.",
		"InvalidParameter.alias_phone":        "Username cannot be of phone number format, since user pool is configured for phone number alias.",
		"InvalidParameter.email":              "Invalid email address format.",
		"InvalidParameter.phone":              "Invalid phone number format.",
		"InvalidParameter.schema":             "Attributes did not conform to the schema: {field}: Attribute does not exist in the schema.\n",
		"InvalidParameter.schema_required":    "Attributes did not conform to the schema: {required}",
		"InvalidParameter.schema_clauses":     "Attributes did not conform to the schema: {clauses}",
		"InvalidParameter.schema_update":      "user.{field}: Attribute does not exist in the schema.\n",
		"InvalidParameter.immutable":          "user.{field}: Attribute cannot be updated. (changing an immutable attribute)\n",
		"InvalidParameter.required_deleted":   "Invalid user attributes: {field}: Required attribute cannot be deleted.\n",
		"InvalidParameter.attribute_null":     "Attribute value for {field} must not be null",
		"InvalidParameter.attributes_missing": "Invalid attributes given, {names} is missing",
		"InvalidParameter.email_verify":       "Email is required to verify/un-verify an email",
		"InvalidParameter.phone_verify":       "Phone Number is required to verify/un-verify a phone number",
		"InvalidParameter.contact":            "Cannot reset password for the user as there is no registered/verified email or phone_number",
		"InvalidParameter.confirmed":          "User is already confirmed.",
		"InvalidParameter.no_verification":    "Cannot resend codes. Auto verification not turned on.",
		"InvalidParameter.verifiable":         "Invalid attribute name. Only phone_number and email can be verified.",
		"InvalidParameter.no_email":           "User does not have a valid registered email address",
		"InvalidParameter.no_phone":           "User does not have a valid registered phone number",
		"InvalidParameter.token_validity":     "Invalid range for token validity.",
		"InvalidParameter.provider":           "The provider {provider} does not exist for User Pool {pool}.",
		"InvalidParameter.write_attributes":   "Invalid write attributes specified while {doing} a client",
		"InvalidParameter.read_attributes":    "Invalid read attributes specified while {doing} a client",
		"InvalidParameter.oauth_incomplete":   "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
		"InvalidParameter.custom_required":    "Required custom attributes are not supported currently.",
		"InvalidParameter.protected":          "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.",
		"InvalidParameter.has_domain":         "User pool cannot be deleted. It has a domain configured that should be deleted first.",
		"InvalidParameter.domain_taken":       "Domain already associated with another user pool.",
		"InvalidParameter.domain_reserved":    "Domain cannot contain reserved word: {word}",
		"InvalidParameter.no_domain":          "No such domain or user pool exists.",
		"InvalidParameter.domain_there":       "User pool already has a domain configured.",
		"InvalidParameter.own_session":        "The session of the access token cannot be revoked.",
		"InvalidParameter.pagination":         "Invalid pagination token given.",
		"InvalidParameter.too_many_groups":    "{detail}",
		"InvalidParameter.filter":             "Error while parsing filter",
		"InvalidParameter.search_attribute":   "Invalid search attribute: {field}",
		"InvalidParameter.attributes_to_get":  "One or more requested attributes do not exist.",
		"InvalidParameter.attribute_exists":   "{name}: Existing attribute already has name {name}.",
		"InvalidParameter.provider_type":      "Provider {provider} cannot be of type {type}.",
		"InvalidParameter.provider_details":   "{names} are all required idp details",
		"InvalidParameter.metadata_missing":   "At least one of the MetadataURL or MetadataFile should be provided.",
		"InvalidParameter.metadata_binding":   "No SingleSignOn Http redirect binding location found in metadata.",
		"InvalidParameter.mapping":            "AttributeMapping contains invalid mapping: [{names}]",
		"InvalidParameter.identifier_taken":   "The identifier {identifier} is already used by another identity provider of the user pool.",
		"InvalidParameter.public_client":      "A client secret can be added only to an app client that has one.",
		"InvalidParameter.only_secret":        "Cannot delete the only client secret.",
		"InvalidParameter.mfa_off":            "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
		"InvalidParameter.mfa_sms":            "SMS configuration and Auto verification for phone_number are required when MFA is required/optional",
		"InvalidParameter.validity_days":      "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
	}
}

func invalidPassword() map[string]string {
	const password = "Password did not conform with policy: "
	return map[string]string{
		"InvalidPassword.length":     password + "Password not long enough",
		"InvalidPassword.upper":      password + "Password must have uppercase characters",
		"InvalidPassword.lower":      password + "Password must have lowercase characters",
		"InvalidPassword.number":     password + "Password must have numeric characters",
		"InvalidPassword.symbol":     password + "Password must have symbol characters",
		"InvalidPassword.long":       password + "Password must not be longer than 256 characters",
		"InvalidPassword.characters": password + "Password must not contain control characters",
		"InvalidPassword.spaces":     password + "Password must not begin or end with a space",
	}
}

func otherRefusals() map[string]string {
	const limit = "Attempt limit exceeded, please try after some time."
	return map[string]string{
		"PasswordHistoryPolicyViolation":          "Password has previously been used",
		"PasswordResetRequired":                   "Password reset required for the user",
		"UserNotFound":                            "User does not exist.",
		"UserNotFound.client":                     "Username/client id combination not found.",
		"UserNotConfirmed":                        "User is not confirmed.",
		"UsernameExists.username":                 "User already exists",
		"UsernameExists.admin":                    "User account already exists",
		"UsernameExists.email":                    "An account with the given email already exists.",
		"UsernameExists.phone_number":             "An account with the given phone_number already exists.",
		"AliasExists":                             "An account with the given {field} already exists.",
		"AliasExists.confirm":                     "An account with the {field} already exists.",
		"CodeMismatch":                            "Invalid verification code provided, please try again.",
		"CodeMismatch.challenge":                  "Invalid code or auth state for the user.",
		"CodeMismatch.software_token":             "Invalid code received for user",
		"ExpiredCode":                             "Invalid code provided, please request a code again.",
		"ExpiredCode.software_token":              "Your software token has already been used once.",
		"CodeDeliveryFailure":                     "Unable to deliver code to user",
		"LimitExceeded":                           limit,
		"LimitExceeded.providers":                 "{detail}",
		"UserPoolTagging":                         "{detail}.",
		"LimitExceeded.secrets":                   "Client secrets cannot exceed limit of 2 secrets.",
		"TooManyRequests":                         "Rate exceeded",
		"ResourceNotFound.pool":                   "User pool {pool} does not exist.",
		"ResourceNotFound.client":                 "User pool client {client} does not exist.",
		"ResourceNotFound.user_session":           "Session not found.",
		"ResourceNotFound.client_secret":          "Client secret {secret} does not exist.",
		"OperationNotEnabled.tracking":            "Session tracking is not enabled for the user pool.",
		"ResourceNotFound.group":                  "Group not found.",
		"ResourceNotFound.device":                 "Device does not exist.",
		"GroupExists":                             "A group with the name already exists.",
		"ConcurrentModification":                  "The resource was changed by another request at the same time. Please try again.",
		"InvalidOAuthFlow.client_credentials":     "client_credentials flow can not be selected along with code flow or implicit flow.",
		"InvalidOAuthFlow.secret":                 "client_credentials flow can not be selected if client does not have a client secret.",
		"ScopeDoesNotExist":                       "Invalid scope requested: {scope}",
		"RefreshTokenReuse":                       "Refresh token has been used already.",
		"UnsupportedTokenType":                    "Only refresh tokens can be revoked.",
		"UnsupportedOperation.revocation":         "Token revocation is not enabled for the client.",
		"Unauthorized":                            "The client is not authorized to revoke this token.",
		"FeatureUnavailableInTier":                "{detail}.",
		"UnsupportedUserState":                    "Resend not possible. {username} status is not FORCE_CHANGE_PASSWORD",
		"UserLambdaValidation":                    "{trigger} failed with error {message}.",
		"UnexpectedLambda":                        "{trigger} invocation failed due to error {error}.",
		"InvalidLambdaResponse":                   "Unrecognizable lambda output",
		"InvalidLambdaResponse.json":              "Invalid lambda function output : Invalid JSON",
		"EnableSoftwareTokenMFA":                  "Code mismatch and fail enable Software Token MFA",
		"DuplicateProvider":                       "A provider with the name {provider} already exists in this user pool.",
		"InvalidSmsRoleAccessPolicy":              "Role does not have permission to publish with SNS",
		"InvalidSmsRoleTrustRelationship":         "Role does not have a trust relationship allowing Cognito to assume the role",
		"ResourceNotFound.provider":               "Identity provider {provider} does not exist.",
		"ResourceNotFound.resource_server":        "Resource server {identifier} does not exist.",
		"InvalidParameter.resource_server_exists": "{identifier} already exists in user pool {pool}.",
	}
}
