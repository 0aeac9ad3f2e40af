package stories_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/housetest/postgres"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// AWS's JavaScript clients, as they are published, against a pool whose usernames
// are e-mail addresses and one where people choose them.
func TestAPIClients(t *testing.T) {
	t.Parallel()
	folder := javaScriptClients(t)
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: scripted(t)})
		for _, script := range []string{"sdk", "identity", "amplify"} {
			for usernames, poolID := range map[string]string{"email": housetest.PoolID, "chosen": otherPool} {
				t.Run(script+"/"+usernames, func(t *testing.T) {
					t.Parallel()
					runScript(t, h, filepath.Join(folder, script+".mjs"), poolID, usernames)
				})
			}
		}
	})
}

// javaScriptClients is the folder of the scripts. Without Node.js, or the
// packages that the lock file there names, the test is skipped; under CI=true
// it fails.
func javaScriptClients(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		postgres.Missing(t, "Node.js is not installed (Debian: apt-get install nodejs npm)")
	}
	folder, err := filepath.Abs("../../test/clients")
	must(t, err)
	if _, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json")); err != nil {
		postgres.Missing(t, "the JavaScript clients are not installed (make clients)")
	}
	// What node reads go test does not see: with the folder listed, a changed
	// script is not answered from the cache.
	_, err = os.ReadDir(folder)
	must(t, err)
	return folder
}

// scripted is a document of two pools, each with an app client for every flow,
// one that rotates its refresh tokens, and one with a secret.
func scripted(t *testing.T) *setup.Document {
	t.Helper()
	return housetest.Document(t, func(d *setup.Document) {
		chosen := d.UserPools[0]
		chosen.ID, chosen.PoolName, chosen.UsernameAttributes, chosen.AliasAttributes = otherPool, "other", nil, []string{"email"}
		d.UserPools = append(d.UserPools, chosen)
		d.UserPoolDomains = nil
		plain := d.UserPoolClients[0]
		plain.ExplicitAuthFlows = []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
		d.UserPoolClients = nil
		for _, poolID := range []string{housetest.PoolID, otherPool} {
			add := func(name string, change func(*setup.ClientEntry)) {
				c := plain
				c.UserPoolID, c.ID, c.ClientName = poolID, clientOf(poolID, name), name
				change(&c)
				d.UserPoolClients = append(d.UserPoolClients, c)
			}
			add("plain", func(*setup.ClientEntry) {})
			add("rotating", func(c *setup.ClientEntry) {
				c.RefreshTokenRotation = &pool.RefreshTokenRotation{Feature: "ENABLED"}
				c.ExplicitAuthFlows = c.ExplicitAuthFlows[:4]
			})
			add("confidential", func(c *setup.ClientEntry) { c.Secret = otherSecret })
		}
	})
}

func clientOf(poolID, name string) string { return pool.ShortName(poolID) + name }

// runScript runs a script to its last test. A test that waits for what never comes
// is cancelled when nothing else is left to do, and that fails too.
func runScript(t *testing.T, h *housetest.House, script, poolID, usernames string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	// Amplify leaves timers of minutes behind: the process is not to wait for them.
	node := exec.CommandContext(ctx, "node", "--test-force-exit", "--test-reporter=tap", script)
	node.Env = append(os.Environ(), "NODE_NO_WARNINGS=1", "ENDPOINT=http://"+h.Address+"/", "POOL="+poolID, "USERNAMES="+usernames, "SECRET="+otherSecret,
		"CLIENT="+clientOf(poolID, "plain"), "ROTATING="+clientOf(poolID, "rotating"), "CONFIDENTIAL="+clientOf(poolID, "confidential"))
	if out, err := node.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("\n# cancelled 0\n")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// Once amazon-cognito-identity-js was told a username it goes on with that one,
// for the next sign-in too: where the sub is the username, somebody signs in by
// it. One that is nobody's is answered alike.
func TestAPISubIsAUsername(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		join(t, h, "ann@example.com", "secret1")
		sub := beginSRP(t, h, "ann@example.com", "secret1").asked.ChallengeParameters["USER_ID_FOR_SRP"]
		in, err := beginSRP(t, h, sub, "secret1").answer(t, nil)
		if err != nil || in.AuthenticationResult == nil {
			t.Fatalf("SRP by the sub: %+v, %v", in, err)
		}
		if in, err := byPassword(h, sub, "secret1"); err != nil || in.AuthenticationResult == nil {
			t.Errorf("the sub and the password: %+v, %v", in, err)
		}
		for _, name := range []string{sub, pool.NewUUID()} {
			asked := beginSRP(t, h, name, "secret2").asked.ChallengeParameters
			if asked["USER_ID_FOR_SRP"] != name || asked["USERNAME"] != name || asked["SALT"] == "" {
				t.Errorf("SRP_A for %s gives %v", name, asked)
			}
			_, err := beginSRP(t, h, name, "secret2").answer(t, nil)
			refused(t, err, "NotAuthorizedException", wrong)
		}
	})
}

// In a browser the same client refreshes with a DEVICE_KEY of null.
func TestAPINullParameters(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		body, err := json.Marshal(map[string]any{"ClientId": housetest.ClientID, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": map[string]any{
			"REFRESH_TOKEN": signedIn(t, h, "ann@example.com", "secret1").RefreshToken, "DEVICE_KEY": nil,
		}})
		must(t, err)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL(), bytes.NewReader(body))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.InitiateAuth")
		answer, err := h.HTTP().Do(r)
		must(t, err)
		defer answer.Body.Close()
		if said, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK || !bytes.Contains(said, []byte(`"AccessToken"`)) {
			t.Errorf("%d %s, %v", answer.StatusCode, said, err)
		}
	})
}
