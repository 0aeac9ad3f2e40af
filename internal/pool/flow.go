package pool

// CheckFlow refuses a flow that may not begin here: one that the client does not
// allow, an operator's by somebody else, or a refresh where that has to rotate
// the token (Cognito: InitiateAuth, GetTokensFromRefreshToken).
func (c ClientSettings) CheckFlow(flow string, byOperator bool) error {
	reason := "flow"
	switch {
	case flow == "ADMIN_USER_PASSWORD_AUTH" && !byOperator:
		reason = "flow_operation"
	case flow == "REFRESH_TOKEN_AUTH" && c.Refreshes() && !c.Rotates(), flow != "REFRESH_TOKEN_AUTH" && c.AllowsAuth(flow):
		return nil
	case flow == "REFRESH_TOKEN_AUTH", byOperator:
		reason = "flow_other"
	case flow == "USER_SRP_AUTH":
		reason = "flow_srp"
	case flow == "CUSTOM_AUTH":
		reason = "flow_custom"
	}
	e := refuse(InvalidParameter, reason, "", "")
	e.Args = map[string]string{"flow": flow}
	return e
}
