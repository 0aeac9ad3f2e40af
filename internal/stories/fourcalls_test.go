package stories_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// fourCalls is a web app as many are written for Cognito: four addresses put
// together by hand, a public client, no PKCE, no library, no look at a token.
type fourCalls struct {
	domain, clientID, callback, goodbye string
	http                                *http.Client
}

func (a fourCalls) login() string {
	return a.domain + "/login?client_id=" + a.clientID + "&response_type=code&scope=email+openid&redirect_uri=" + a.callback
}

func (a fourCalls) logout() string {
	return a.domain + "/logout?client_id=" + a.clientID + "&logout_uri=" + a.goodbye
}

// tokens exchanges the code.
func (a fourCalls) tokens(code string) (map[string]any, error) {
	response, err := a.http.PostForm(a.domain+"/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {a.clientID}, "redirect_uri": {a.callback}, "code": {code},
	})
	return readJSON(response, err)
}

func (a fourCalls) userInfo(accessToken string) (map[string]any, error) {
	r, err := http.NewRequest(http.MethodGet, a.domain+"/oauth2/userInfo", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+accessToken)
	return readJSON(a.http.Do(r))
}

func readJSON(response *http.Response, err error) (map[string]any, error) {
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var out map[string]any
	return out, json.NewDecoder(response.Body).Decode(&out)
}

// ServeHTTP is the app: a front page that links to the sign-in page, the
// callback that shows who came, and where people land after signing out.
func (a fourCalls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/oauth/cognito":
		tokens, err := a.tokens(r.URL.Query().Get("code"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		accessToken, _ := tokens["access_token"].(string)
		who, err := a.userInfo(accessToken)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"tokens": tokens, "who": who})
	case "/oauth/cognito/logout":
		io.WriteString(w, "signed out")
	default:
		io.WriteString(w, a.login())
	}
}

// TestFourCalls: that app works unmodified.
func TestFourCalls(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		listener := httptest.NewUnstartedServer(nil)
		t.Cleanup(listener.Close)
		address := "http://" + listener.Listener.Addr().String()
		app := fourCalls{clientID: housetest.ClientID, callback: address + "/oauth/cognito", goodbye: address + "/oauth/cognito/logout", http: &http.Client{}}
		h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) {
			d.UserPoolClients[0].CallbackURLs, d.UserPoolClients[0].LogoutURLs = []string{app.callback}, []string{app.goodbye}
		})})
		app.domain = h.URL()
		listener.Config.Handler = app
		listener.Start()
		h.SignUp(h.Browser(), housetest.Ask("redirect_uri", app.callback), ann, secret)

		s := newSurfer(t)
		s.get(app.login())
		s.submit("username", strings.ToUpper(ann), "password", secret)
		checkFourCalls(t, s)
		s.get(app.login()) // signed in already: on to the app at once
		checkFourCalls(t, s)
		s.get(app.logout())
		s.reads("signed out")
		s.get(app.login())
		if s.path() != "/login" {
			t.Errorf("after signing out, signing in led to %s", s.at)
		}
	})
}

// checkFourCalls looks at what the app showed at its callback.
func checkFourCalls(t *testing.T, s *surfer) {
	t.Helper()
	var shown struct {
		Tokens struct {
			IDToken      string `json:"id_token"`
			AccessToken  string `json:"access_token"`
			RefreshToken string `json:"refresh_token"`
			ExpiresIn    int    `json:"expires_in"`
			TokenType    string `json:"token_type"`
		} `json:"tokens"`
		Who map[string]any `json:"who"`
	}
	if err := json.Unmarshal([]byte(s.body), &shown); err != nil {
		t.Fatalf("%s answered %q", s.at, s.body)
	}
	if got := shown.Tokens; got.IDToken == "" || got.AccessToken == "" || got.RefreshToken == "" || got.ExpiresIn != 3600 || got.TokenType != "Bearer" {
		t.Errorf("the app got the tokens %+v", got)
	}
	// Cognito sends booleans as text here.
	if who := shown.Who; who["email"] != ann || who["email_verified"] != "true" || who["sub"] == "" || who["sub"] != who["username"] {
		t.Errorf("the app was told %v", who)
	}
}
