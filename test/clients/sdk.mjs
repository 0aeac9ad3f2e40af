// @aws-sdk/client-cognito-identity-provider: the operations one by one.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test from 'node:test';
import * as cognito from '@aws-sdk/client-cognito-identity-provider';
import {
  claims, client, code, confidential, endpoint, incorrect, invite, operator, otherPassword, password, person, pool, refused, revoked, rotating,
  usernamesAreEmails, wrongCode, wrongPassword,
} from './house.mjs';

// An app has no access key; its calls go out unsigned.
const app = new cognito.CognitoIdentityProviderClient({ region: pool.split('_')[0], endpoint });
const call = (operation, input, by = app) => by.send(new cognito[`${operation}Command`](input));

const signUp = (who, more = {}) => call('SignUp', {
  ClientId: client, Username: who.username, Password: password, UserAttributes: [{ Name: 'email', Value: who.email }], ...more,
});
const signIn = (who, secret = password, by = client) => call('InitiateAuth', {
  ClientId: by, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: who.username, PASSWORD: secret },
});
const tokens = async (who, secret, by) => (await signIn(who, secret, by)).AuthenticationResult;

// member signs somebody up and confirms them.
async function member(word) {
  const who = person(word);
  who.sub = (await signUp(who)).UserSub;
  await call('ConfirmSignUp', { ClientId: client, Username: who.username, ConfirmationCode: await code(who.email) });
  return who;
}

const attributes = (list) => Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]));

test('sign up, confirm, sign in', async () => {
  const who = person('ann');
  const made = await signUp(who);
  assert.match(made.UserSub, /^[0-9a-f-]{36}$/);
  assert.equal(made.UserConfirmed, false);
  assert.deepEqual(made.CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' });
  assert.equal(made.$metadata.httpStatusCode, 200);
  assert.ok(made.$metadata.requestId);

  await refused(signUp(who), 'UsernameExistsException');
  await refused(signIn(who), 'UserNotConfirmedException', 'User is not confirmed.');
  const first = await code(who.email);
  const confirm = (given) => call('ConfirmSignUp', { ClientId: client, Username: who.username, ConfirmationCode: given });
  await refused(confirm(wrongCode(first)), 'CodeMismatchException', 'Invalid verification code provided, please try again.');
  const sent = await call('ResendConfirmationCode', { ClientId: client, Username: who.username });
  assert.equal(sent.CodeDeliveryDetails.Destination, 'a***@e***');
  await confirm(await code(who.email));

  const done = await signIn(who);
  assert.equal(done.ChallengeName, undefined);
  assert.deepEqual(done.ChallengeParameters, {});
  const got = done.AuthenticationResult;
  assert.equal(got.ExpiresIn, 3600);
  assert.equal(got.TokenType, 'Bearer');
  const access = claims(got.AccessToken);
  assert.equal(access.sub, made.UserSub);
  assert.equal(access.client_id, client);
  assert.equal(access.scope, 'aws.cognito.signin.user.admin');
  assert.equal(claims(got.IdToken).email, who.email);
  assert.equal(claims(got.IdToken).email_verified, true);

  const user = await call('GetUser', { AccessToken: got.AccessToken });
  assert.equal(user.Username, usernamesAreEmails ? made.UserSub : who.username);
  assert.deepEqual(attributes(user.UserAttributes), { sub: made.UserSub, email: who.email, email_verified: 'true' });
});

test('errors have their names, texts and metadata', async () => {
  const who = await member('bob');
  await refused(signIn(who, wrongPassword), 'NotAuthorizedException', incorrect);
  await refused(signIn(person('nobody')), 'NotAuthorizedException', incorrect);
  const error = await signIn(who, wrongPassword).catch((e) => e);
  assert.ok(error instanceof cognito.NotAuthorizedException);
  assert.equal(error.$metadata.httpStatusCode, 400);
  assert.ok(error.$metadata.requestId);

  await refused(signUp(person('x'), { Password: 'short' }), 'InvalidPasswordException', 'Password did not conform with policy: Password not long enough');
  await refused(signIn(who, password, 'nosuchclient'), 'ResourceNotFoundException', 'User pool client nosuchclient does not exist.');
  await refused(call('GetUser', { AccessToken: 'a.b.c' }), 'NotAuthorizedException', 'Invalid Access Token');
  await refused(call('InitiateAuth', { ClientId: client, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { PASSWORD: password } }),
    'InvalidParameterException', 'Missing required parameter USERNAME');
  await refused(call('InitiateAuth', { ClientId: client, AuthFlow: 'SING_AUTH', AuthParameters: {} }), 'InvalidParameterException');
  await refused(call('AdminGetUser', { UserPoolId: pool, Username: 'nobody' }, operator), 'UserNotFoundException', 'User does not exist.');
  await refused(call('AdminGetUser', { UserPoolId: 'us-east-1_Nowhere00', Username: 'nobody' }, operator), 'ResourceNotFoundException',
    'User pool us-east-1_Nowhere00 does not exist.');
});

test('attributes', async () => {
  const who = await member('cleo');
  const { AccessToken } = await tokens(who);
  const read = async () => attributes((await call('GetUser', { AccessToken })).UserAttributes);

  const named = await call('UpdateUserAttributes', { AccessToken, UserAttributes: [{ Name: 'name', Value: 'Cléo 🌊' }, { Name: 'nickname', Value: 'C' }] });
  assert.deepEqual(named.CodeDeliveryDetailsList ?? [], []);
  assert.equal((await read()).name, 'Cléo 🌊');
  await call('DeleteUserAttributes', { AccessToken, UserAttributeNames: ['nickname'] });
  assert.equal((await read()).nickname, undefined);

  const email = person('cleo').email;
  const moved = await call('UpdateUserAttributes', { AccessToken, UserAttributes: [{ Name: 'email', Value: email }] });
  assert.deepEqual(moved.CodeDeliveryDetailsList, [{ AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'c***@e***' }]);
  assert.equal((await read()).email_verified, 'false');
  const first = await code(email);
  const verify = (given) => call('VerifyUserAttribute', { AccessToken, AttributeName: 'email', Code: given });
  await refused(verify(wrongCode(first)), 'CodeMismatchException');
  const again = await call('GetUserAttributeVerificationCode', { AccessToken, AttributeName: 'email' });
  assert.equal(again.CodeDeliveryDetails.AttributeName, 'email');
  await verify(await code(email));
  assert.equal((await read()).email_verified, 'true');

  await refused(call('UpdateUserAttributes', { AccessToken, UserAttributes: [{ Name: 'custom:none', Value: 'x' }] }), 'InvalidParameterException');
  await refused(call('UpdateUserAttributes', { AccessToken, UserAttributes: [{ Name: 'email_verified', Value: 'true' }] }), 'NotAuthorizedException',
    'A client attempted to write unauthorized attribute');
});

test('change the password', async () => {
  const who = await member('dora');
  const { AccessToken } = await tokens(who);
  const change = (PreviousPassword, ProposedPassword) => call('ChangePassword', { AccessToken, PreviousPassword, ProposedPassword });
  await refused(change(wrongPassword, otherPassword), 'NotAuthorizedException', incorrect);
  await refused(change(password, 'short'), 'InvalidPasswordException');
  await change(password, otherPassword);
  await refused(signIn(who), 'NotAuthorizedException', incorrect);
  assert.ok((await tokens(who, otherPassword)).AccessToken);
});

test('forgotten password', async () => {
  const who = await member('emil');
  const { AccessToken } = await tokens(who);
  const sent = await call('ForgotPassword', { ClientId: client, Username: who.username });
  assert.deepEqual(sent.CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'e***@e***' });
  const right = await code(who.email);
  const reset = (ConfirmationCode, Password) => call('ConfirmForgotPassword', { ClientId: client, Username: who.username, ConfirmationCode, Password });
  await refused(reset(wrongCode(right), otherPassword), 'CodeMismatchException', 'Invalid verification code provided, please try again.');
  await refused(reset(right, 'short'), 'InvalidPasswordException');
  await reset(right, otherPassword);
  await refused(reset(right, otherPassword), 'CodeMismatchException'); // of a code that was used nothing is left
  await refused(call('GetUser', { AccessToken }), 'NotAuthorizedException', revoked);
  assert.ok((await tokens(who, otherPassword)).AccessToken);
  await call('ForgotPassword', { ClientId: client, Username: person('nobody').username });
});

test('refresh and revoke', async () => {
  const who = await member('fred');
  const { AccessToken, RefreshToken } = await tokens(who);
  const flow = (token) => call('InitiateAuth', { ClientId: client, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: token } });
  const get = (token, by = client) => call('GetTokensFromRefreshToken', { ClientId: by, RefreshToken: token });

  for (const again of [await flow(RefreshToken), await get(RefreshToken)]) {
    assert.equal(again.AuthenticationResult.RefreshToken, undefined);
    assert.equal(claims(again.AuthenticationResult.AccessToken).sub, who.sub);
    assert.equal(claims(again.AuthenticationResult.IdToken).origin_jti, claims(AccessToken).origin_jti);
  }
  await refused(get(RefreshToken, rotating), 'NotAuthorizedException', 'Invalid Refresh Token');
  await refused(get('nonsense'), 'NotAuthorizedException', 'Invalid Refresh Token');
  await refused(call('RevokeToken', { ClientId: client, Token: AccessToken }), 'UnsupportedTokenTypeException');
  await call('RevokeToken', { ClientId: client, Token: RefreshToken });
  await refused(get(RefreshToken), 'NotAuthorizedException', 'Refresh Token has been revoked');
  await refused(flow(RefreshToken), 'NotAuthorizedException', 'Refresh Token has been revoked');
  await refused(call('GetUser', { AccessToken }), 'NotAuthorizedException', revoked);
});

test('rotating refresh tokens', async () => {
  const who = await member('gina');
  const { RefreshToken } = await tokens(who, password, rotating);
  const get = (token) => call('GetTokensFromRefreshToken', { ClientId: rotating, RefreshToken: token });
  const next = (await get(RefreshToken)).AuthenticationResult.RefreshToken;
  assert.ok(next && next !== RefreshToken);
  assert.ok((await get(next)).AuthenticationResult.RefreshToken);
  await refused(get(RefreshToken), 'RefreshTokenReuseException');
  await refused(call('InitiateAuth', { ClientId: rotating, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: next } }),
    'InvalidParameterException', 'Auth flow not enabled for this client');
});

test('sign out everywhere', async () => {
  const who = await member('hans');
  const [here, there] = [await tokens(who), await tokens(who)];
  await call('GlobalSignOut', { AccessToken: here.AccessToken });
  for (const { AccessToken, RefreshToken } of [here, there]) {
    await refused(call('GetUser', { AccessToken }), 'NotAuthorizedException', revoked);
    await refused(call('GetTokensFromRefreshToken', { ClientId: client, RefreshToken }), 'NotAuthorizedException', 'Refresh Token has been revoked');
  }
  assert.ok((await tokens(who)).AccessToken);
});

test('an operator makes somebody, who chooses a password', async () => {
  const who = person('ines');
  const { User } = await invite(who);
  assert.equal(User.UserStatus, 'FORCE_CHANGE_PASSWORD');
  assert.equal(User.Enabled, true);
  assert.ok(User.UserCreateDate instanceof Date && Math.abs(User.UserCreateDate - Date.now()) < 3_600_000);
  await refused(invite(who), 'UsernameExistsException');

  const asked = await signIn(who);
  assert.equal(asked.ChallengeName, 'NEW_PASSWORD_REQUIRED');
  assert.equal(asked.ChallengeParameters.requiredAttributes, '[]');
  assert.equal(JSON.parse(asked.ChallengeParameters.userAttributes).email, who.email);
  const answer = (NEW_PASSWORD) => call('RespondToAuthChallenge', {
    ClientId: client, ChallengeName: asked.ChallengeName, Session: asked.Session, ChallengeResponses: { USERNAME: who.username, NEW_PASSWORD, 'userAttributes.name': 'Ines' },
  });
  await refused(answer('short'), 'InvalidPasswordException');
  const done = await answer(otherPassword);
  assert.equal(claims(done.AuthenticationResult.IdToken).name, 'Ines');
  await refused(answer(otherPassword), 'NotAuthorizedException');

  const user = await call('AdminGetUser', { UserPoolId: pool, Username: who.username }, operator);
  assert.equal(user.UserStatus, 'CONFIRMED');
  assert.equal(user.Username, User.Username);
  assert.equal(attributes(user.UserAttributes).email_verified, 'true');
  const wait = person('jan');
  await invite(wait, { MessageAction: undefined, TemporaryPassword: undefined, DesiredDeliveryMediums: ['EMAIL'] });
  assert.equal((await signIn(wait, await code(wait.email))).ChallengeName, 'NEW_PASSWORD_REQUIRED');
});

test('the operators’ flow and a password that an operator sets', async () => {
  const who = await member('kim');
  const begin = (secret) => call('AdminInitiateAuth', {
    UserPoolId: pool, ClientId: client, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters: { USERNAME: who.username, PASSWORD: secret },
  }, operator);
  assert.ok((await begin(password)).AuthenticationResult.AccessToken);
  await refused(begin(wrongPassword), 'NotAuthorizedException', incorrect);
  const set = (Password, Permanent) => call('AdminSetUserPassword', { UserPoolId: pool, Username: who.username, Password, Permanent }, operator);
  await set(otherPassword, true);
  assert.ok((await begin(otherPassword)).AuthenticationResult.AccessToken);
  await set(password, false);
  const asked = await begin(password);
  assert.equal(asked.ChallengeName, 'NEW_PASSWORD_REQUIRED');
  const done = await call('AdminRespondToAuthChallenge', {
    UserPoolId: pool, ClientId: client, ChallengeName: asked.ChallengeName, Session: asked.Session, ChallengeResponses: { USERNAME: who.username, NEW_PASSWORD: otherPassword },
  }, operator);
  assert.ok(done.AuthenticationResult.RefreshToken);
});

test('a choice of factors, and the session of a sign-up', async () => {
  const who = person('lea');
  const made = await signUp(who);
  const confirmed = await call('ConfirmSignUp', { ClientId: client, Username: who.username, ConfirmationCode: await code(who.email), Session: made.Session });
  const begin = (more, Session) => call('InitiateAuth', { ClientId: client, AuthFlow: 'USER_AUTH', AuthParameters: { USERNAME: who.username, ...more }, Session });
  assert.ok((await begin({}, confirmed.Session)).AuthenticationResult.AccessToken);
  await refused(begin({}, confirmed.Session), 'NotAuthorizedException');

  const asked = await begin({});
  assert.equal(asked.ChallengeName, 'SELECT_CHALLENGE');
  assert.deepEqual(asked.AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD']);
  const done = await call('RespondToAuthChallenge', {
    ClientId: client, ChallengeName: 'SELECT_CHALLENGE', Session: asked.Session, ChallengeResponses: { USERNAME: who.username, ANSWER: 'PASSWORD', PASSWORD: password },
  });
  assert.ok(done.AuthenticationResult.AccessToken);
  assert.ok((await begin({ PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: password })).AuthenticationResult.AccessToken);
});

test('a client with a secret', async () => {
  const who = await member('max');
  const hash = (name) => createHmac('sha256', confidential.secret).update(name + confidential.id).digest('base64');
  const begin = (more) => call('InitiateAuth', {
    ClientId: confidential.id, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: who.username, PASSWORD: password, ...more },
  });
  await refused(begin({}), 'NotAuthorizedException', `Client ${confidential.id} is configured with secret but SECRET_HASH was not received`);
  await refused(begin({ SECRET_HASH: hash('somebody else') }), 'NotAuthorizedException', `SecretHash does not match for the client: ${confidential.id}`);
  const { RefreshToken } = (await begin({ SECRET_HASH: hash(who.username) })).AuthenticationResult;
  const username = usernamesAreEmails ? who.sub : who.username;
  const again = await call('InitiateAuth', {
    ClientId: confidential.id, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: RefreshToken, SECRET_HASH: hash(username) },
  });
  assert.ok(again.AuthenticationResult.AccessToken);
  const get = (ClientSecret) => call('GetTokensFromRefreshToken', { ClientId: confidential.id, ClientSecret, RefreshToken });
  assert.ok((await get(confidential.secret)).AuthenticationResult.AccessToken);
  await refused(get('another_secret_of_24_letters'), 'NotAuthorizedException');
});

test('somebody leaves', async () => {
  const who = await member('nora');
  const { AccessToken, RefreshToken } = await tokens(who);
  await call('DeleteUser', { AccessToken });
  await refused(call('GetUser', { AccessToken }), 'UserNotFoundException', 'User does not exist.');
  await refused(call('GetTokensFromRefreshToken', { ClientId: client, RefreshToken }), 'UserNotFoundException', 'User does not exist.');
  await refused(signIn(who), 'NotAuthorizedException', incorrect);
  await refused(call('AdminGetUser', { UserPoolId: pool, Username: who.username }, operator), 'UserNotFoundException');
  assert.ok((await signUp(who)).UserSub);
});
