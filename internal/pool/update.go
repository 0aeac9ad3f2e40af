package pool

// Updated returns the settings that an update asks for, completed with those
// that an update cannot name: the name where none is given, what a pool keeps
// for ever, and Poolhouse's own members; and with the tags where none are named,
// for they have operations of their own. All else that is left out returns to
// its default (Cognito: UpdateUserPool).
func (s Settings) Updated(ask Settings) Settings {
	if ask.PoolName == "" {
		ask.PoolName = s.PoolName
	}
	ask.Schema, ask.UsernameConfiguration = s.Schema, s.UsernameConfiguration
	ask.AliasAttributes, ask.UsernameAttributes = s.AliasAttributes, s.UsernameAttributes
	ask.Issuer, ask.AuditRetentionDays = s.Issuer, s.AuditRetentionDays
	if ask.UserPoolTags == nil {
		ask.UserPoolTags = s.UserPoolTags
	}
	return ask
}

// Updated is the same for an app client (Cognito: UpdateUserPoolClient).
func (c ClientSettings) Updated(ask ClientSettings) ClientSettings {
	if ask.ClientName == "" {
		ask.ClientName = c.ClientName
	}
	ask.AnyLoopbackPort = c.AnyLoopbackPort
	return ask
}
