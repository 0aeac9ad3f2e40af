package stories_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// aliasHouse has usernames, and two aliases beside them.
func aliasHouse(t *testing.T, database string) *housetest.House {
	t.Helper()
	return apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
		p.UsernameAttributes, p.AliasAttributes = nil, []string{"email", "preferred_username"}
	})
}

func signUpAs(t *testing.T, h *housetest.House, name, email string) (*cip.SignUpOutput, error) {
	t.Helper()
	return sdk(h).SignUp(t.Context(), &cip.SignUpInput{ClientId: clientID(), Username: &name, Password: aws.String(rightOne), UserAttributes: []types.AttributeType{attribute("email", email)}})
}

// joinAs signs somebody up and in.
func joinAs(t *testing.T, h *housetest.House, name, email string) *types.AuthenticationResultType {
	t.Helper()
	must(t, only(signUpAs(t, h, name, email)))
	must(t, only(sdk(h).ConfirmSignUp(t.Context(), &cip.ConfirmSignUpInput{ClientId: clientID(), Username: &name, ConfirmationCode: aws.String(h.Code(email))})))
	in, err := byPassword(h, name, rightOne)
	must(t, err)
	return in.AuthenticationResult
}

func change(t *testing.T, h *housetest.House, token *string, attributes ...types.AttributeType) error {
	t.Helper()
	return only(sdk(h).UpdateUserAttributes(t.Context(), &cip.UpdateUserAttributesInput{AccessToken: token, UserAttributes: attributes}))
}

// Nobody's sub is a username: operators' programs name people by it.
func TestAttackSubAsUsername(t *testing.T) {
	t.Parallel()
	h := aliasHouse(t, "")
	ann := joinAs(t, h, "ann", "ann@example.com")
	sub := claims(t, *ann.AccessToken)["sub"].(string)
	for _, name := range []string{sub, strings.ToUpper(sub)} {
		if _, err := signUpAs(t, h, name, "eve@example.com"); err == nil || !strings.Contains(err.Error(), "Value at 'username' failed") {
			t.Errorf("%s as username: %v", name, err)
		}
		if err := change(t, h, ann.AccessToken, attribute("preferred_username", name)); err == nil {
			t.Errorf("%s is preferred", name)
		}
	}
	got, err := sdk(h).AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: poolID(), Username: &sub})
	if err != nil || *got.Username != "ann" {
		t.Errorf("the sub leads to %+v, %v", got, err)
	}
}

// A name that somebody prefers cannot be taken from them by signing up with it,
// nor a username by preferring it.
func TestAttackPreferredUsername(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := aliasHouse(t, database)
		ann := joinAs(t, h, "ann_smith", "ann@example.com")
		must(t, change(t, h, ann.AccessToken, attribute("preferred_username", "annie")))
		_, err := signUpAs(t, h, "Annie", "eve@example.com")
		refused(t, err, "UsernameExistsException", "User already exists")
		eve := joinAs(t, h, "eve", "eve@example.com")
		for _, name := range []string{"ANNIE", "Ann_Smith"} {
			refused(t, change(t, h, eve.AccessToken, attribute("preferred_username", name)), "AliasExistsException", "An account with the given preferred_username already exists.")
		}
		in, err := byPassword(h, "annie", rightOne)
		if err != nil || claims(t, *in.AuthenticationResult.AccessToken)["username"] != "ann_smith" {
			t.Errorf("annie does not sign in as ann_smith: %v", err)
		}
	})
}

// Who chooses the first own password changes nothing that is fixed, and sees
// nothing that the client may not read.
func TestAttackFirstPassword(t *testing.T) {
	t.Parallel()
	h := apiHouse(t, "", func(p *setup.PoolEntry, c *setup.ClientEntry) {
		p.AliasAttributes, p.UsernameAttributes = []string{"email", "preferred_username"}, nil
		p.Schema = []pool.SchemaAttribute{
			{Name: "tenant", AttributeDataType: "String", Mutable: no()}, {Name: "note", AttributeDataType: "String", Mutable: yes()}, {Name: "name", Required: yes()},
		}
		c.WriteAttributes = []string{"email", "name", "custom:tenant", "preferred_username"}
		c.ReadAttributes = []string{"email"}
	})
	must(t, only(sdk(h).AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: aws.String("eve"), TemporaryPassword: aws.String(rightOne), MessageAction: "SUPPRESS",
		UserAttributes: []types.AttributeType{attribute("email", "eve@example.com"), attribute("email_verified", "true"), attribute("custom:tenant", "acme"), attribute("custom:note", "suspect")}})))
	out, err := byPassword(h, "eve", rightOne)
	must(t, err)
	var shown map[string]string
	must(t, json.Unmarshal([]byte(out.ChallengeParameters["userAttributes"]), &shown))
	if len(shown) != 1 || shown["email"] != "eve@example.com" || out.ChallengeParameters["requiredAttributes"] != `["userAttributes.name"]` {
		t.Errorf("a client that may read the address is shown %v, %s", shown, out.ChallengeParameters["requiredAttributes"])
	}
	choose := func(name, value string) error {
		return only(sdk(h).RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{ClientId: clientID(), ChallengeName: "NEW_PASSWORD_REQUIRED", Session: out.Session,
			ChallengeResponses: map[string]string{"USERNAME": "eve", "NEW_PASSWORD": "another-one", "userAttributes.name": "Eve", "userAttributes." + name: value}}))
	}
	refused(t, choose("custom:tenant", "victim"), "InvalidParameterException", "user.custom:tenant: Attribute cannot be updated. (changing an immutable attribute)\n")
	refused(t, choose("preferred_username", "kim@example.com"), "InvalidParameterException", "Username cannot be of email format, since user pool is configured for email alias.")
	must(t, choose("preferred_username", "evie"))
	if got := attributeOf(t, h, "eve", "custom:tenant"); got != "acme" {
		t.Errorf("the tenant is %q", got)
	}
}

// The session that a sign-up ends in signs in its owner alone, and another's
// name does not use it up.
func TestAttackSessionWithAnotherName(t *testing.T) {
	t.Parallel()
	h := apiHouse(t, "", nil)
	join(t, h, "bob@example.com", rightOne)
	up, err := sdk(h).SignUp(t.Context(), &cip.SignUpInput{ClientId: clientID(), Username: aws.String(ann), Password: aws.String(rightOne)})
	must(t, err)
	must(t, only(sdk(h).ConfirmSignUp(t.Context(), &cip.ConfirmSignUpInput{ClientId: clientID(), Username: aws.String(ann), ConfirmationCode: aws.String(h.Code(ann)), Session: up.Session})))
	signIn := func(name string) (*cip.InitiateAuthOutput, error) {
		return sdk(h).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: "USER_AUTH", ClientId: clientID(), AuthParameters: map[string]string{"USERNAME": name}, Session: up.Session})
	}
	for _, name := range []string{"bob@example.com", "nobody@example.com", *up.UserSub + "x"} {
		_, err = signIn(name)
		refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	}
	in, err := signIn("ANN@example.com")
	if err != nil || claims(t, *in.AuthenticationResult.IdToken)["email"] != ann {
		t.Errorf("the owner: %+v, %v", in, err)
	}
}
