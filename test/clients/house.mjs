// What the stories of all clients share: where the house is, people, their
// mail, and operators' calls.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as cognito from '@aws-sdk/client-cognito-identity-provider';

const { ENDPOINT, POOL, CLIENT, ROTATING, CONFIDENTIAL, SECRET, USERNAMES } = process.env;

export const endpoint = ENDPOINT;
export const pool = POOL;
export const client = CLIENT; // an app client without a secret, for every flow
export const rotating = ROTATING; // one whose refresh tokens are good for one use
export const confidential = { id: CONFIDENTIAL, secret: SECRET }; // one with a secret
export const usernamesAreEmails = USERNAMES === 'email'; // else they are chosen

export const password = 'Secret-word-1';
export const otherPassword = 'Second-word-2';
export const wrongPassword = 'Wrong-word-3';

// person invents somebody whom no other story knows.
export function person(word) {
  const name = `${word}-${randomUUID().slice(0, 8)}`;
  const email = `${name}@example.com`;
  return { username: usernamesAreEmails ? email : name, email };
}

// code waits for a mail to address that was not read before, and returns the
// code (or the temporary password) in it.
const read = new Set();
export async function code(address) {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await new Promise((done) => setTimeout(done, 20))) {
    const answer = await fetch(new URL(`/mailbox.json?to=${encodeURIComponent(address)}`, endpoint));
    const [newest] = await answer.json();
    if (newest && !read.has(newest.id)) {
      read.add(newest.id);
      return newest.code;
    }
  }
  throw new Error(`no new mail to ${address}`);
}

// wrongCode is a code of the right form that is not the given one.
export const wrongCode = (right) => String((Number(right) + 1) % 1_000_000).padStart(6, '0');

// refused demands that a call fails with an error of that name and text.
export async function refused(call, name, message) {
  await assert.rejects(call, (error) => {
    assert.equal(error.name, name, error.stack);
    if (message !== undefined) assert.equal(error.message, message);
    return true;
  });
}

export const incorrect = 'Incorrect username or password.';
export const revoked = 'Access Token has been revoked';

// operator is a client of AWS's SDK with an access key.
export const operator = new cognito.CognitoIdentityProviderClient({
  region: POOL.split('_')[0],
  endpoint,
  credentials: { accessKeyId: 'AKIAOPERATOR', secretAccessKey: 'operator-secret' },
});

// invite makes somebody who must replace a temporary password.
export async function invite(who, more = {}) {
  return operator.send(new cognito.AdminCreateUserCommand({
    UserPoolId: pool,
    Username: who.username,
    TemporaryPassword: password,
    MessageAction: 'SUPPRESS',
    UserAttributes: [{ Name: 'email', Value: who.email }, { Name: 'email_verified', Value: 'true' }],
    ...more,
  }));
}

// claims reads the payload of a JSON Web Token.
export const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
