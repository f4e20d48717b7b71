//! Stories of mails, from their bytes to what is on the ticket.

mod answers;
mod automatic;
mod imports;
mod odd;
mod opening;
mod operator;
mod reception;
mod stage;
