// amazon-cognito-identity-js: SRP, its cached session, and its callbacks.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as later } from 'node:timers';
import { CognitoUser, CognitoUserAttribute, CognitoUserPool, AuthenticationDetails } from 'amazon-cognito-identity-js';
import { claims, client, code, endpoint, incorrect, invite, otherPassword, password, person, pool, refused, revoked, usernamesAreEmails, wrongCode, wrongPassword } from './house.mjs';

// device is a browser with a storage of its own, which has null for what is not
// there, as a browser's does: the client sends that null along.
function device() {
  const kept = new Map();
  const Storage = {
    setItem: (k, v) => kept.set(k, String(v)), getItem: (k) => kept.get(k) ?? null, removeItem: (k) => kept.delete(k), clear: () => kept.clear(),
  };
  const users = new CognitoUserPool({ UserPoolId: pool, ClientId: client, endpoint, Storage });
  return { users, user: (who) => new CognitoUser({ Username: who.username, Pool: users, Storage }) };
}

// asked turns a method whose last parameter is a (error, result) callback into a
// promise.
const asked = (object, method, ...input) => new Promise((resolve, reject) => {
  object[method](...input, (error, result) => (error ? reject(error) : resolve(result)));
});

// askedFirst is asked where options follow the callback.
const askedFirst = (object, method, options) => new Promise((resolve, reject) => {
  object[method]((error, result) => (error ? reject(error) : resolve(result)), options);
});

// done turns one with an object of callbacks into a promise; more are its other
// callbacks.
const done = (object, method, input, more = {}) => new Promise((resolve, reject) => {
  object[method](...input, { onSuccess: resolve, onFailure: reject, ...more });
});

const authenticate = (user, Password = password, more = {}) => done(user, 'authenticateUser',
  [new AuthenticationDetails({ Username: user.getUsername(), Password })], more);

// enter signs in with the password itself, also where signing in is not the
// story: SRP costs a script a good part of a second.
function enter(user) {
  user.setAuthenticationFlowType('USER_PASSWORD_AUTH');
  return authenticate(user);
}

const signUp = (who) => asked(device().users, 'signUp', who.username, password, [new CognitoUserAttribute({ Name: 'email', Value: who.email })], null);

async function member(word) {
  const who = person(word);
  who.sub = (await signUp(who)).userSub;
  await asked(device().user(who), 'confirmRegistration', await code(who.email), false);
  return who;
}

test('sign up, confirm, sign in by SRP', async () => {
  const who = person('ann');
  const made = await signUp(who);
  assert.equal(made.userConfirmed, false);
  assert.equal(made.codeDeliveryDetails.Destination, 'a***@e***');
  await refused(signUp(who), 'UsernameExistsException');

  const { user, users } = device();
  const ann = user(who);
  await refused(authenticate(ann), 'UserNotConfirmedException', 'User is not confirmed.');
  const first = await code(who.email);
  await refused(asked(ann, 'confirmRegistration', wrongCode(first), false), 'CodeMismatchException');
  assert.equal((await asked(ann, 'resendConfirmationCode')).CodeDeliveryDetails.AttributeName, 'email');
  assert.equal(await asked(ann, 'confirmRegistration', await code(who.email), false), 'SUCCESS');

  const session = await authenticate(ann);
  assert.ok(session.isValid());
  assert.equal(session.getIdToken().payload.email, who.email);
  assert.equal(session.getAccessToken().payload.sub, made.userSub);
  assert.equal(users.getCurrentUser().getUsername(), usernamesAreEmails ? made.userSub : who.username);
});

test('a wrong password', async () => {
  const who = await member('bob');
  await refused(authenticate(device().user(who), wrongPassword), 'NotAuthorizedException', incorrect);
  await refused(authenticate(device().user(person('nobody'))), 'NotAuthorizedException', incorrect);
  assert.ok(await authenticate(device().user(who)));
});

test('a password of other letters', async () => {
  const who = person('zoë');
  who.email = who.email.replace('ë', 'e');
  who.username = usernamesAreEmails ? who.email : who.username;
  await asked(device().users, 'signUp', who.username, 'Пароль-密码-1', [new CognitoUserAttribute({ Name: 'email', Value: who.email })], null);
  await asked(device().user(who), 'confirmRegistration', await code(who.email), false);
  assert.ok(await authenticate(device().user(who), 'Пароль-密码-1'));
});

test('the flow with the password itself', async () => {
  const who = await member('cleo');
  assert.ok((await enter(device().user(who))).isValid());
});

test('the session is kept and renewed', async () => {
  const who = await member('dora');
  const { user, users } = device();
  const session = await enter(user(who));
  const kept = users.getCurrentUser();
  assert.equal((await asked(kept, 'getSession')).getAccessToken().getJwtToken(), session.getAccessToken().getJwtToken());
  assert.ok((await askedFirst(kept, 'getSession', { forceRefresh: true })).isValid());
  const again = await asked(kept, 'refreshSession', session.getRefreshToken());
  assert.notEqual(again.getAccessToken().payload.jti, session.getAccessToken().payload.jti);
  assert.equal(again.getAccessToken().payload.auth_time, session.getAccessToken().payload.auth_time);
  assert.equal(claims(again.getIdToken().getJwtToken()).sub, who.sub);
});

test('attributes', async () => {
  const who = await member('emil');
  const user = device().user(who);
  await enter(user);
  const read = async () => Object.fromEntries((await asked(user, 'getUserAttributes')).map((a) => [a.getName(), a.getValue()]));
  assert.deepEqual(await read(), { sub: who.sub, email: who.email, email_verified: 'true' });
  assert.equal(await asked(user, 'updateAttributes', [new CognitoUserAttribute({ Name: 'nickname', Value: 'Em' })]), 'SUCCESS');
  assert.equal((await read()).nickname, 'Em');
  assert.equal(await asked(user, 'deleteAttributes', ['nickname']), 'SUCCESS');
  assert.equal((await read()).nickname, undefined);
  assert.equal((await askedFirst(user, 'getUserData', { bypassCache: true })).Username, usernamesAreEmails ? who.sub : who.username);

  await new Promise((resolve, reject) => {
    user.getAttributeVerificationCode('email', { onSuccess: resolve, onFailure: reject, inputVerificationCode: resolve });
  });
  assert.equal(await done(user, 'verifyAttribute', ['email', await code(who.email)]), 'SUCCESS');
});

test('a temporary password is replaced', async () => {
  const who = person('fred');
  await invite(who);
  const user = device().user(who);
  const [attributes, required] = await new Promise((resolve, reject) => {
    authenticate(user, password, { newPasswordRequired: (...asks) => resolve(asks) }).then(() => reject(new Error('no new password was asked for')), reject);
  });
  assert.equal(attributes.email, who.email);
  assert.deepEqual(required, []);
  await refused(done(user, 'completeNewPasswordChallenge', ['short', {}]), 'InvalidPasswordException');
  const session = await done(user, 'completeNewPasswordChallenge', [otherPassword, { name: 'Fred' }]);
  assert.equal(session.getIdToken().payload.name, 'Fred');
  assert.ok(await authenticate(device().user(who), otherPassword));
});

test('forgotten and changed passwords', async () => {
  const who = await member('gina');
  const user = device().user(who);
  const sent = await new Promise((resolve, reject) => {
    user.forgotPassword({ onSuccess: reject, onFailure: reject, inputVerificationCode: resolve });
  });
  assert.equal(sent.CodeDeliveryDetails.DeliveryMedium, 'EMAIL');
  const right = await code(who.email);
  await refused(done(user, 'confirmPassword', [wrongCode(right), otherPassword]), 'CodeMismatchException');
  assert.equal(await done(user, 'confirmPassword', [right, otherPassword]), 'SUCCESS');
  await refused(enter(device().user(who)), 'NotAuthorizedException', incorrect);
  await authenticate(user, otherPassword);
  await refused(asked(user, 'changePassword', wrongPassword, password), 'NotAuthorizedException', incorrect);
  assert.equal(await asked(user, 'changePassword', otherPassword, password), 'SUCCESS');
  assert.ok(await authenticate(device().user(who)));
});

test('signing out, here and everywhere', async (t) => {
  const who = await member('hans');
  const [here, there] = [device(), device()];
  const [user, other] = [here.user(who), there.user(who)];
  await enter(user);
  const session = await enter(other);
  await new Promise((resolve) => { user.signOut(resolve); }); // revokes its own refresh token
  assert.equal(here.users.getCurrentUser(), null);
  assert.ok(await asked(other, 'getUserAttributes'));

  const third = device().user(who);
  await enter(third);
  assert.equal(await done(third, 'globalSignOut', []), 'SUCCESS');
  await refused(asked(other, 'getUserAttributes'), 'NotAuthorizedException', revoked);
  // Whatever the answer, this client asks for new tokens six times, with pauses of
  // six seconds in all. They are shortened.
  t.mock.method(globalThis, 'setTimeout', (then, ms, ...input) => later(then, ms / 100, ...input));
  await refused(asked(other, 'refreshSession', session.getRefreshToken()), 'NotAuthorizedException', 'Refresh Token has been revoked');
});

test('somebody leaves', async () => {
  const who = await member('ines');
  const user = device().user(who);
  await enter(user);
  assert.equal(await asked(user, 'deleteUser'), 'SUCCESS');
  await refused(enter(device().user(who)), 'NotAuthorizedException', incorrect);
});
