package webapp

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
)

// Config is the app's settings. The names in the environment are those that
// [Config.Env] prints.
type Config struct {
	ClientID     string // COGNITO_CLIENT_ID
	Domain       string // COGNITO_DOMAIN_NAME_URL: the base URL of the pool's domain
	GrantType    string // COGNITO_LOGIN_GRANT_TYPE: authorization_code
	RedirectURL  string // COGNITO_LOGIN_REDIRECT_URL: as registered with the app client
	ResponseType string // COGNITO_LOGIN_RESPONSE_TYPE: code
	Scope        string // COGNITO_LOGIN_SCOPE: separated by spaces
	LogoutURL    string // COGNITO_LOGOUT_REDIRECT_URL: as registered with the app client
	CookieName   string // COOKIE_SESSION_NAME
	CookieSecret string // COOKIE_SESSION_SECRET: at least 32 random characters
	Hostname     string // HOSTNAME: the interface to listen on
	Port         string // PORT
	Issuer       string // COGNITO_ISSUER: optional, see the package cognito

	HTTPClient *http.Client // for the calls to the pool; nil is cognito's own
	Logger     *slog.Logger // nil is slog.Default()
}

const (
	secretName = "COOKIE_SESSION_SECRET"
	minSecret  = 32
	// secretHint is how to make a secret.
	secretHint = "openssl rand -base64 32"
)

// setting ties a name in the environment to a field.
type setting struct {
	name     string
	value    *string
	fallback string // "" for a setting that must be given
	optional bool
}

// settings is the one list of the names.
func (c *Config) settings() []setting {
	return []setting{
		{name: "COGNITO_CLIENT_ID", value: &c.ClientID},
		{name: "COGNITO_DOMAIN_NAME_URL", value: &c.Domain},
		{name: "COGNITO_LOGIN_GRANT_TYPE", value: &c.GrantType, fallback: "authorization_code"},
		{name: "COGNITO_LOGIN_REDIRECT_URL", value: &c.RedirectURL},
		{name: "COGNITO_LOGIN_RESPONSE_TYPE", value: &c.ResponseType, fallback: "code"},
		{name: "COGNITO_LOGIN_SCOPE", value: &c.Scope, fallback: "email openid"},
		{name: "COGNITO_LOGOUT_REDIRECT_URL", value: &c.LogoutURL},
		{name: "COOKIE_SESSION_NAME", value: &c.CookieName, fallback: "session"},
		{name: secretName, value: &c.CookieSecret},
		{name: "HOSTNAME", value: &c.Hostname, fallback: "localhost"},
		{name: "PORT", value: &c.Port, fallback: "4200"},
		{name: "COGNITO_ISSUER", value: &c.Issuer, optional: true},
	}
}

// ConfigFromEnv reads the settings through get, which is os.Getenv or its like.
// The error names everything that is missing or cannot work.
func ConfigFromEnv(get func(string) string) (Config, error) {
	var c Config
	var missing []string
	for _, s := range c.settings() {
		*s.value = strings.TrimSpace(get(s.name))
		if *s.value == "" {
			*s.value = s.fallback
		}
		if *s.value == "" && !s.optional && s.name != secretName {
			missing = append(missing, s.name)
		}
	}
	if len(missing) > 0 {
		return c, fmt.Errorf("webapp: please set %s", strings.Join(missing, ", "))
	}
	return c, c.check()
}

func (c Config) check() error {
	switch {
	case c.GrantType != "authorization_code":
		return fmt.Errorf("webapp: COGNITO_LOGIN_GRANT_TYPE is %q; this app signs in with authorization_code", c.GrantType)
	case c.ResponseType != "code":
		return fmt.Errorf("webapp: COGNITO_LOGIN_RESPONSE_TYPE is %q; this app signs in with code", c.ResponseType)
	case len(c.CookieSecret) < minSecret:
		return fmt.Errorf("webapp: %s has %d characters and needs %d or more; make one with: %s", secretName, len(c.CookieSecret), minSecret, secretHint)
	}
	return nil
}

// Env is the settings as lines of a .env file or of a shell, without the secret.
func (c Config) Env() string {
	var out strings.Builder
	for _, s := range c.settings() {
		value := *s.value
		if s.name == secretName {
			fmt.Fprintf(&out, "# Make one with: %s\n", secretHint)
			value = ""
		}
		if strings.Contains(value, " ") {
			value = `"` + value + `"`
		}
		fmt.Fprintf(&out, "%s=%s\n", s.name, value)
	}
	return out.String()
}

// Addr is the address to listen on.
func (c Config) Addr() string { return net.JoinHostPort(c.Hostname, c.Port) }

// String leaves the secret out.
func (c Config) String() string { return c.Env() }

// GoString leaves the secret out of %#v.
func (c Config) GoString() string { return c.Env() }

// LogValue leaves the secret out of log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.Env()) }
