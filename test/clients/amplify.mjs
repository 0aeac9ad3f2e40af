// aws-amplify v6: its sign-in steps, and the tokens that it keeps and renews.
import assert from 'node:assert/strict';
import test, { beforeEach } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Amplify } from 'aws-amplify';
import * as auth from 'aws-amplify/auth';
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito';
import { claims, client, code, endpoint, incorrect, invite, otherPassword, password, person, pool, refused, rotating, usernamesAreEmails, wrongCode, wrongPassword } from './house.mjs';

// configure says where the house is; it also sets another storage, so a device
// comes after it.
const configure = (userPoolClientId) => Amplify.configure({ Auth: { Cognito: { userPoolId: pool, userPoolClientId, userPoolEndpoint: endpoint } } });

// device starts with an empty storage, as a new browser does.
function device() {
  const kept = new Map();
  cognitoUserPoolsTokenProvider.setKeyValueStorage({
    setItem: async (k, v) => { kept.set(k, v); }, getItem: async (k) => kept.get(k) ?? null, removeItem: async (k) => { kept.delete(k); }, clear: async () => kept.clear(),
  });
}

beforeEach(() => {
  configure(client);
  device();
});

const signUp = (who, more = {}) => auth.signUp({ username: who.username, password, options: { userAttributes: { email: who.email }, ...more } });
const signIn = (who, secret = password, options = {}) => auth.signIn({ username: who.username, password: secret, options });

// enter signs in where that is not the story: without SRP, which costs a script
// a good part of a second.
const enter = (who, secret) => signIn(who, secret, { authFlowType: 'USER_PASSWORD_AUTH' });

async function member(word) {
  const who = person(word);
  who.sub = (await signUp(who)).userId;
  await auth.confirmSignUp({ username: who.username, confirmationCode: await code(who.email) });
  return who;
}

// autoSignIn waits first: Amplify drops one that comes within 300 ms of the last
// (debounce in its signUpHelpers), and never settles its promise.
async function autoSignIn() {
  await pause(310);
  return auth.autoSignIn();
}

const signedIn = { isSignedIn: true, nextStep: { signInStep: 'DONE' } };

test('sign up, confirm, sign in by SRP', async () => {
  const who = person('ann');
  const made = await signUp(who);
  assert.equal(made.isSignUpComplete, false);
  assert.equal(made.nextStep.signUpStep, 'CONFIRM_SIGN_UP');
  assert.equal(made.nextStep.codeDeliveryDetails.destination, 'a***@e***');
  await refused(signUp(who), 'UsernameExistsException');
  assert.deepEqual(await signIn(who), { isSignedIn: false, nextStep: { signInStep: 'CONFIRM_SIGN_UP' } });

  const first = await code(who.email);
  const confirm = (confirmationCode) => auth.confirmSignUp({ username: who.username, confirmationCode });
  await refused(confirm(wrongCode(first)), 'CodeMismatchException', 'Invalid verification code provided, please try again.');
  assert.equal((await auth.resendSignUpCode({ username: who.username })).attributeName, 'email');
  assert.deepEqual(await confirm(await code(who.email)), { isSignUpComplete: true, nextStep: { signUpStep: 'DONE' } });

  await refused(signIn(who, wrongPassword), 'NotAuthorizedException', incorrect);
  await refused(signIn(person('nobody')), 'NotAuthorizedException', incorrect);
  assert.deepEqual(await signIn(who), signedIn);
  const current = await auth.getCurrentUser();
  assert.equal(current.userId, made.userId);
  assert.equal(current.username, usernamesAreEmails ? made.userId : who.username);
  assert.deepEqual(await auth.fetchUserAttributes(), { sub: made.userId, email: who.email, email_verified: 'true' });
});

test('the sign-up signs in', async () => {
  const who = person('bob');
  const made = await signUp(who, { autoSignIn: true });
  const confirmed = await auth.confirmSignUp({ username: who.username, confirmationCode: await code(who.email) });
  assert.equal(confirmed.nextStep.signUpStep, 'COMPLETE_AUTO_SIGN_IN');
  assert.deepEqual(await autoSignIn(), signedIn);
  assert.equal((await auth.fetchUserAttributes()).sub, made.userId);
});

// The code alone signs nobody in: where the client has no password in hand, it
// asks for one.
test('the sign-up goes on to the choice of factors', async () => {
  const who = person('carl');
  await signUp(who, { autoSignIn: { authFlowType: 'USER_AUTH' } });
  await auth.confirmSignUp({ username: who.username, confirmationCode: await code(who.email) });
  const asked = await autoSignIn();
  assert.equal(asked.nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION');
  assert.equal((await auth.confirmSignIn({ challengeResponse: 'PASSWORD' })).nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_PASSWORD');
  assert.deepEqual(await auth.confirmSignIn({ challengeResponse: password }), signedIn);
});

test('the other flows', async () => {
  const who = await member('cleo');
  for (const options of [
    { authFlowType: 'USER_PASSWORD_AUTH' },
    { authFlowType: 'USER_AUTH', preferredChallenge: 'PASSWORD' },
    { authFlowType: 'USER_AUTH', preferredChallenge: 'PASSWORD_SRP' },
  ]) {
    device();
    assert.deepEqual(await signIn(who, password, options), signedIn, JSON.stringify(options));
    device();
    await refused(signIn(who, wrongPassword, options), 'NotAuthorizedException', incorrect);
  }
  device();
  const asked = await auth.signIn({ username: who.username, options: { authFlowType: 'USER_AUTH' } });
  assert.equal(asked.nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION');
  assert.deepEqual(asked.nextStep.availableChallenges, ['PASSWORD_SRP', 'PASSWORD']);
  const chosen = await auth.confirmSignIn({ challengeResponse: 'PASSWORD_SRP' });
  assert.equal(chosen.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_PASSWORD');
  assert.deepEqual(await auth.confirmSignIn({ challengeResponse: password }), signedIn);
});

test('tokens are renewed', async () => {
  const who = await member('dora');
  await enter(who);
  const { tokens } = await auth.fetchAuthSession();
  const fresh = (await auth.fetchAuthSession({ forceRefresh: true })).tokens;
  assert.notEqual(fresh.accessToken.payload.jti, tokens.accessToken.payload.jti);
  assert.equal(fresh.accessToken.payload.origin_jti, tokens.accessToken.payload.origin_jti);
  assert.equal(claims(fresh.idToken.toString()).email, who.email);
});

test('rotating tokens are renewed', async () => {
  const who = await member('emil');
  configure(rotating);
  device();
  await enter(who);
  const { jti } = (await auth.fetchAuthSession()).tokens.accessToken.payload;
  const seen = new Set([jti]);
  for (let i = 0; i < 3; i++) {
    seen.add((await auth.fetchAuthSession({ forceRefresh: true })).tokens.accessToken.payload.jti);
  }
  assert.equal(seen.size, 4);
});

test('attributes', async () => {
  const who = await member('fred');
  await enter(who);
  const updated = await auth.updateUserAttributes({ userAttributes: { name: 'Fred', nickname: 'F' } });
  assert.equal(updated.name.isUpdated, true);
  await auth.deleteUserAttributes({ userAttributeKeys: ['nickname'] });
  const email = person('fred').email;
  const moved = await auth.updateUserAttribute({ userAttribute: { attributeKey: 'email', value: email } });
  assert.equal(moved.nextStep.updateAttributeStep, 'CONFIRM_ATTRIBUTE_WITH_CODE');
  const first = await code(email);
  const confirm = (confirmationCode) => auth.confirmUserAttribute({ userAttributeKey: 'email', confirmationCode });
  await refused(confirm(wrongCode(first)), 'CodeMismatchException');
  assert.equal((await auth.sendUserAttributeVerificationCode({ userAttributeKey: 'email' })).attributeName, 'email');
  await confirm(await code(email));
  assert.deepEqual(await auth.fetchUserAttributes(), { sub: who.sub, name: 'Fred', email, email_verified: 'true' });
});

test('a temporary password is replaced', async () => {
  const who = person('gina');
  await invite(who);
  const asked = await signIn(who);
  assert.equal(asked.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED');
  assert.deepEqual(asked.nextStep.missingAttributes, []);
  await refused(auth.confirmSignIn({ challengeResponse: 'short' }), 'InvalidPasswordException');
  assert.deepEqual(await auth.confirmSignIn({ challengeResponse: otherPassword, options: { userAttributes: { name: 'Gina' } } }), signedIn);
  assert.equal((await auth.fetchUserAttributes()).name, 'Gina');
});

test('forgotten and changed passwords', async () => {
  const who = await member('hans');
  const asked = await auth.resetPassword({ username: who.username });
  assert.equal(asked.nextStep.resetPasswordStep, 'CONFIRM_RESET_PASSWORD_WITH_CODE');
  const right = await code(who.email);
  const reset = (confirmationCode, newPassword) => auth.confirmResetPassword({ username: who.username, confirmationCode, newPassword });
  await refused(reset(wrongCode(right), otherPassword), 'CodeMismatchException');
  await refused(reset(right, 'short'), 'InvalidPasswordException');
  await reset(right, otherPassword);
  await refused(enter(who), 'NotAuthorizedException', incorrect);
  await signIn(who, otherPassword);
  await refused(auth.updatePassword({ oldPassword: wrongPassword, newPassword: password }), 'NotAuthorizedException', incorrect);
  await auth.updatePassword({ oldPassword: otherPassword, newPassword: password });
  device();
  assert.deepEqual(await signIn(who), signedIn);
});

test('signing out, here and everywhere', async () => {
  const who = await member('ines');
  for (const global of [false, true]) {
    await enter(who);
    const { accessToken } = (await auth.fetchAuthSession()).tokens;
    await auth.signOut({ global });
    assert.equal((await auth.fetchAuthSession()).tokens, undefined);
    await refused(auth.fetchUserAttributes(), 'UserUnAuthenticatedException');
    const answer = await fetch(endpoint, {
      method: 'POST', body: JSON.stringify({ AccessToken: accessToken.toString() }),
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'AWSCognitoIdentityProviderService.GetUser' },
    });
    assert.deepEqual([answer.status, (await answer.json()).__type], [400, 'NotAuthorizedException']);
  }
});

test('somebody leaves', async () => {
  const who = await member('jan');
  await enter(who);
  await auth.deleteUser();
  await refused(enter(who), 'NotAuthorizedException', incorrect);
});
