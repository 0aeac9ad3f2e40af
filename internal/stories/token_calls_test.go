package stories_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// answer is what an endpoint for programs said.
type answer struct {
	status int
	header http.Header
	body   string
	json   map[string]any
}

// call sends a form to an endpoint as a program does, with HTTP Basic
// credentials "id:secret" where basic is not empty.
func call(t *testing.T, h *housetest.House, path, basic string, pairs ...string) answer {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL()+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id, secret, found := strings.Cut(basic, ":"); found {
		r.SetBasicAuth(id, secret)
	}
	return send(t, h, r)
}

func send(t *testing.T, h *housetest.House, r *http.Request) answer {
	t.Helper()
	response, err := h.HTTP().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := answer{status: response.StatusCode, header: response.Header, body: string(body)}
	if len(body) > 0 && body[0] == '{' {
		if err := json.Unmarshal(body, &out.json); err != nil {
			t.Fatalf("%s answered %q", r.URL.Path, body)
		}
	}
	return out
}

// text is a member of a JSON answer, "" if it is not there or no string.
func (a answer) text(member string) string {
	s, _ := a.json[member].(string)
	return s
}

// fails checks for an OAuth error.
func (a answer) fails(t *testing.T, status int, code string) {
	t.Helper()
	if a.status != status || a.text("error") != code {
		t.Errorf("answered %d %s, want %d %s", a.status, a.body, status, code)
	}
}

// ok checks for success.
func (a answer) ok(t *testing.T) answer {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("answered %d %s", a.status, a.body)
	}
	return a
}

// redeem turns the code of a callback into tokens as the house's own app.
func redeem(t *testing.T, h *housetest.House, back *url.URL) answer {
	t.Helper()
	return call(t, h, "/oauth2/token", "", "grant_type", "authorization_code", "client_id", housetest.ClientID,
		"redirect_uri", housetest.Callback, "code", back.Query().Get("code"))
}

func refresh(t *testing.T, h *housetest.House, token string) answer {
	t.Helper()
	return call(t, h, "/oauth2/token", "", "grant_type", "refresh_token", "client_id", housetest.ClientID, "refresh_token", token)
}

// userInfo asks with a bearer token.
func userInfo(t *testing.T, h *housetest.House, token string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+"/oauth2/userInfo", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return send(t, h, r)
}

// claims reads the payload of a JWT without checking it.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(payload, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
