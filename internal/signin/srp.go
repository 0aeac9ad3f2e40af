package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/srp"
	"github.com/poolhouse/poolhouse/internal/store"
)

// SRP opens an SRP exchange: A is the client's public value in hexadecimal.
type SRP struct{ A string }

// Proof answers it: the block that the client was sent, and its signature over
// it, both in base64, and the client's time.
type Proof struct{ SecretBlock, Signature, Timestamp string }

func (SRP) factor()   {}
func (Proof) factor() {}

// Exchange is the server's answer to SRP (Cognito: PASSWORD_VERIFIER). The
// secret block is the id of the row that holds our half; it is good for one
// proof. Username is the one that goes into the client's computation.
type Exchange struct {
	Salt, B     string // hexadecimal
	SecretBlock string // base64
	Username    string
}

var errClientValue = &pool.Error{Kind: pool.InvalidParameter, Reason: "srp_a"}

// bySRP answers anybody: a name without an account gets a salt of its own that
// stays the same, a row of the same kind, and no password that fits.
func (s *Signin) bySRP(ctx context.Context, app pool.App, username string, in SRP) (Step, error) {
	who, err := s.find(ctx, app, username)
	if err != nil {
		return Step{}, err
	}
	if !who.known && !app.Client.HidesUsers() {
		return Step{}, errUnknown
	}
	account := srp.Account{PoolName: pool.ShortName(app.Pool.ID), Username: who.user.SRPName()}
	verifier := srp.Verifier{Salt: []byte(who.user.Password.SRPSalt), V: []byte(who.user.Password.SRPVerifier)}
	none := !who.known || len(verifier.V) == 0
	if none {
		account.Username = s.pretendedUsername(app.Pool, username, who.owner)
	}
	if fake, err := srp.FakeVerifier(s.NameKey, account); err != nil {
		return Step{}, err
	} else if none {
		verifier = fake
	}
	challenge, err := srp.NewChallenge(verifier, account, in.A)
	if errors.Is(err, srp.ErrClientValue) {
		return Step{}, errClientValue
	}
	if err != nil {
		return Step{}, err
	}
	state, err := json.Marshal(challenge)
	if err != nil {
		return Step{}, err
	}
	session := pool.NewSession(app, pool.SessionSRP, who.owner, who.user, s.Now())
	session.SRP = pool.Secret(state)
	id, err := s.openSession(ctx, app, session)
	if err != nil {
		return Step{}, err
	}
	block := base64.StdEncoding.EncodeToString([]byte(id))
	return Step{SRP: &Exchange{challenge.SaltHex(), challenge.BHex(), block, account.Username}}, nil
}

// pretendedUsername is what a name without an account would have as username:
// the name itself, or a sub that is always the same.
func (s *Signin) pretendedUsername(p pool.Pool, typed, owner string) string {
	typed = strings.TrimSpace(typed)
	switch {
	case !p.SubIsUsername():
		return p.Fold(typed)
	case pool.LikeSub(typed):
		return typed
	}
	return pool.PretendedSub(owner)
}

// byProof takes the exchange away before it looks at the proof, so that nobody
// tries twice, and counts the try before it computes.
func (s *Signin) byProof(ctx context.Context, app pool.App, username string, in Proof) (Step, error) {
	proof, err := srp.ParseProof(in.Signature, in.SecretBlock, in.Timestamp)
	if err != nil {
		return Step{}, pool.Because(errWrong, pool.ReasonParameter)
	}
	session, err := s.take(ctx, app, string(proof.SecretBlock), pool.SessionSRP)
	if err != nil {
		return Step{}, err
	}
	var challenge srp.Challenge
	if err := json.Unmarshal([]byte(session.SRP), &challenge); err != nil {
		return Step{}, err
	}
	pool.NoteOf(ctx).About(session.Owner)
	if _, err := s.reserve(ctx, app.Pool.ID, session.Owner); err != nil {
		return Step{}, err
	}
	checked := challenge.Check(proof)
	user, err := s.DB.Users.Get(ctx, app.Pool.ID, session.Sub)
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return Step{}, err
	case err == nil && !user.Void(session.NotBefore) && neverHad(app, user):
		return Step{}, errReset
	case checked != nil && err == nil && user.Password.Hash != "" && user.Password.SRPVerifier == "":
		return Step{}, pool.Because(errWrong, pool.ReasonNoVerifier) // which nobody is told: it would tell who has an account
	case checked != nil, err != nil:
		return Step{}, person{known: err == nil}.wrong()
	case user.Void(session.NotBefore) && !user.Disabled:
		return Step{}, pool.Because(errWrong, pool.ReasonEnded)
	case username != user.SRPName() && !s.leadsTo(ctx, app, username, user.Sub):
		return Step{}, pool.Because(errWrong, pool.ReasonSession)
	}
	if err := s.DB.Lockouts.Delete(ctx, app.Pool.ID, session.Owner); err != nil {
		return Step{}, err
	}
	return s.next(ctx, app, user, "")
}

// leadsTo says whether a typed name is one of the user's with the sub: clients
// answer with the alias that was typed or with the username that they were told.
func (s *Signin) leadsTo(ctx context.Context, app pool.App, typed, sub string) bool {
	who, err := s.find(pool.Unnoted(ctx), app, typed)
	return err == nil && who.known && who.user.Sub == sub
}
