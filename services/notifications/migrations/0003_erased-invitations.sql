-- Up Migration

-- Invitations whose person was erased. One whose mail is asked for late must not bring the address back.
create table erased_invitations (
  tenant_id uuid not null,
  invitation_id uuid not null,
  erased_at timestamptz not null,
  primary key (tenant_id, invitation_id)
);
call protect_tenant_table('erased_invitations', 'select, insert');

-- Down Migration

drop table erased_invitations;
