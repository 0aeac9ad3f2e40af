package stories_test

import (
	"context"
	"strings"
	"testing"
	"time"

	srp "github.com/alexrudd/cognito-srp/v4"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// exchange is an SRP sign-in by a client library that is not ours.
type exchange struct {
	h      *housetest.House
	client *srp.CognitoSRP
	asked  *cip.InitiateAuthOutput
}

func beginSRP(t *testing.T, h *housetest.House, name, password string) exchange {
	t.Helper()
	client, err := srp.NewCognitoSRP(name, password, housetest.PoolID, housetest.ClientID, nil)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := sdk(h).InitiateAuth(context.Background(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserSrpAuth, ClientId: clientID(), AuthParameters: client.GetAuthParams()})
	if err != nil {
		t.Fatal(err)
	}
	if asked.ChallengeName != types.ChallengeNameTypePasswordVerifier || asked.Session != nil {
		t.Fatalf("SRP_A gives %+v", asked)
	}
	return exchange{h, client, asked}
}

func (x exchange) answer(t *testing.T, change func(map[string]string)) (*cip.RespondToAuthChallengeOutput, error) {
	t.Helper()
	responses, err := x.client.PasswordVerifierChallenge(x.asked.ChallengeParameters, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(responses)
	}
	return sdk(x.h).RespondToAuthChallenge(context.Background(), &cip.RespondToAuthChallengeInput{
		ClientId: clientID(), ChallengeName: types.ChallengeNameTypePasswordVerifier, ChallengeResponses: responses,
	})
}

const wrong = "Incorrect username or password."

func TestAPISRP(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		join(t, h, "ann@example.com", "secret1")
		in, err := beginSRP(t, h, "ann@example.com", "secret1").answer(t, nil)
		if err != nil || in.AuthenticationResult == nil || in.AuthenticationResult.RefreshToken == nil {
			t.Fatalf("the right password: %+v, %v", in, err)
		}
		me, err := sdk(h).GetUser(t.Context(), &cip.GetUserInput{AccessToken: in.AuthenticationResult.AccessToken})
		if err != nil || *me.UserAttributes[1].Value != "ann@example.com" {
			t.Errorf("its access token: %+v, %v", me, err)
		}
		_, err = beginSRP(t, h, "ann@example.com", "secret2").answer(t, nil)
		refused(t, err, "NotAuthorizedException", wrong)
		_, err = beginSRP(t, h, "nobody@example.com", "secret1").answer(t, nil)
		refused(t, err, "NotAuthorizedException", wrong)
	})
}

func TestAPISRPAttacks(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		join(t, h, "ann@example.com", "secret1")
		join(t, h, "bob@example.com", "secret1")

		twice := beginSRP(t, h, "ann@example.com", "secret1")
		if _, err := twice.answer(t, nil); err != nil {
			t.Fatal(err)
		}
		_, err := twice.answer(t, nil)
		refused(t, err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.") // a block is good for one proof

		other := beginSRP(t, h, "ann@example.com", "secret1")
		bob := beginSRP(t, h, "bob@example.com", "secret1")
		_, err = other.answer(t, func(r map[string]string) { r["USERNAME"] = bob.asked.ChallengeParameters["USERNAME"] })
		refused(t, err, "NotAuthorizedException", wrong) // a proof for another user
		_, err = bob.answer(t, func(r map[string]string) {
			r["PASSWORD_CLAIM_SECRET_BLOCK"] = beginSRP(t, h, "bob@example.com", "secret1").asked.ChallengeParameters["SECRET_BLOCK"]
		})
		refused(t, err, "NotAuthorizedException", wrong) // for another block
		_, err = beginSRP(t, h, "ann@example.com", "secret1").answer(t, func(r map[string]string) { r["PASSWORD_CLAIM_SIGNATURE"] = strings.Repeat("A", 43) + "=" })
		refused(t, err, "NotAuthorizedException", wrong)

		n := "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"
		for what, a := range map[string]string{"zero": "0", "N": n, "over-long": strings.Repeat("f", 4000), "no number": "xyz", "negative": "-1"} {
			_, err := sdk(h).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserSrpAuth, ClientId: clientID(),
				AuthParameters: map[string]string{"USERNAME": "ann@example.com", "SRP_A": a}})
			if err == nil || !strings.Contains(err.Error(), "InvalidParameterException") {
				t.Errorf("A is %s: %v", what, err)
			}
		}
	})
}

// An unknown name looks like a known one: a username of the same form, the same
// one each time, and a salt that stays.
func TestAPISRPHidesUsers(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		join(t, h, "ann@example.com", "secret1")
		known, again := beginSRP(t, h, "ann@example.com", "x-secret").asked.ChallengeParameters, beginSRP(t, h, "ANN@example.com", "x-secret").asked.ChallengeParameters
		nobody, stays := beginSRP(t, h, "nobody@example.com", "x-secret").asked.ChallengeParameters, beginSRP(t, h, "Nobody@example.com", "x-secret").asked.ChallengeParameters
		for _, member := range []string{"SALT", "USERNAME", "USER_ID_FOR_SRP"} {
			if known[member] != again[member] || nobody[member] != stays[member] {
				t.Errorf("%s changes from one time to the next", member)
			}
		}
		shape := func(s string) string {
			return strings.Map(func(r rune) rune {
				if r == '-' {
					return r
				}
				return 'x'
			}, s)
		}
		if shape(known["USERNAME"]) != shape(nobody["USERNAME"]) || known["USERNAME"][14] != nobody["USERNAME"][14] || len(known) != len(nobody) {
			t.Errorf("a known name has %q, an unknown one %q", known["USERNAME"], nobody["USERNAME"])
		}

		legacy := apiHouse(t, "", func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.PreventUserExistenceErrors = "LEGACY" })
		_, err := sdk(legacy).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserSrpAuth, ClientId: clientID(),
			AuthParameters: map[string]string{"USERNAME": "nobody@example.com", "SRP_A": "abcdef"}})
		refused(t, err, "UserNotFoundException", "User does not exist.")
	})
}
