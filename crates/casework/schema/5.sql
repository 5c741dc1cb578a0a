-- Who has a complaint in hand.
alter table grievance add column assigned_to {uuid};
