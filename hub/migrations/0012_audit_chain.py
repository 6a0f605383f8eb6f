import os

from django.db import migrations, models

import hub.models.audit
from hub import chain

# Whoever writes through the application can add to the audit and nothing else. The sealer numbers an entry once; a
# redaction takes all its words out and leaves its commitment.
GUARD = """
CREATE FUNCTION hub_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF num_nonnulls(NEW.position, NEW.hash, NEW.redacted_at) > 0 OR NEW.salt IS NULL THEN
            RAISE EXCEPTION 'an audit entry is numbered by the sealer' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.at, NEW.actor, NEW.action, NEW.commitment)
          IS DISTINCT FROM (OLD.id, OLD.at, OLD.actor, OLD.action, OLD.commitment)
       OR (OLD.position IS NOT NULL AND (NEW.position, NEW.hash) IS DISTINCT FROM (OLD.position, OLD.hash))
       OR num_nonnulls(NEW.position, NEW.hash) = 1
    THEN
        RAISE EXCEPTION 'the audit only grows' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.subject, NEW.detail, NEW.salt, NEW.redacted_at)
       IS DISTINCT FROM (OLD.subject, OLD.detail, OLD.salt, OLD.redacted_at)
       AND NOT (OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL
                AND NEW.subject = '' AND NEW.detail = '{}' AND NEW.salt IS NULL)
    THEN
        RAISE EXCEPTION 'an audit entry is redacted as a whole or not at all' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_only_grows BEFORE INSERT OR UPDATE OR DELETE ON hub_auditentry
    FOR EACH ROW EXECUTE FUNCTION hub_audit_only_grows();
"""
UNGUARD = "DROP TRIGGER audit_only_grows ON hub_auditentry; DROP FUNCTION hub_audit_only_grows();"


def commit_to_what_was_said(apps, schema_editor):
    entries = apps.get_model("hub", "AuditEntry").objects.using(schema_editor.connection.alias)
    last = 0
    while page := list(entries.filter(id__gt=last).order_by("id")[:5000]):
        for entry in page:
            words = chain.said(chain.moment(entry.at), entry.actor, entry.action, entry.subject, entry.detail)
            entry.salt = os.urandom(16)
            entry.commitment = chain.commitment(entry.salt, words)
        entries.bulk_update(page, ["salt", "commitment"])
        last = page[-1].pk


class Migration(migrations.Migration):
    dependencies = [("hub", "0011_privacy_requests")]

    operations = [
        migrations.AlterField("auditentry", "actor", models.TextField(
            help_text="user:ID, client:ID, command:ACCOUNT or system.")),
        migrations.AddField("auditentry", "salt", models.BinaryField(max_length=16, null=True)),
        migrations.AddField("auditentry", "commitment", models.BinaryField(max_length=32, null=True)),
        migrations.AddField("auditentry", "position", models.BigIntegerField(
            help_text="In the chain; given after commit.", null=True, unique=True)),
        migrations.AddField("auditentry", "hash", models.BinaryField(max_length=32, null=True)),
        migrations.AddField("auditentry", "redacted_at", models.DateTimeField(null=True)),
        migrations.RunPython(commit_to_what_was_said, migrations.RunPython.noop),
        migrations.AlterField("auditentry", "commitment", hub.models.audit.CommitmentField(max_length=32)),
        migrations.AlterField("auditentry", "salt", models.BinaryField(
            default=hub.models.audit._salt, max_length=16, null=True)),
        migrations.AddIndex("auditentry", models.Index(
            condition=models.Q(("position", None)), fields=["id"], name="audit_unsealed")),
        migrations.RunSQL(GUARD, UNGUARD),
    ]  # fmt: skip
