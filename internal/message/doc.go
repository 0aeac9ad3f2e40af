// Package message words the mail that a user pool sends and takes one message at a
// time to a mail server.
//
// Compose makes a pool.Mail from the pool's templates: pure, no I/O. A Sender
// delivers one such mail through its Deliverer, which is SMTP here, and says when
// that fails whether trying again can help.
//
// The package does not know why a mail is sent, keeps no queue and decides nothing
// about when to try again. Start reading at Compose in compose.go and at Sender in
// sender.go; smtp.go is the delivery.
package message
