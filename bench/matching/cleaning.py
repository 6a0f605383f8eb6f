"""What a careful user of the peers does to retail records in SQL before matching: DuckDB, one table ``retail``.

Names and streets lower case, without accents and marks; a full name parted, surname first where it has a comma or
is in capitals; dates as ISO, month first in the US, impossible and filler ones empty; the last nine digits of a
phone number; postal codes without blanks; contact points that stand on too many records to be somebody's emptied.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

# A family of four with two shops each stays below; what a till types when there is no e-mail does not.
SHARED = 8
_COLUMNS = (
    "given_name", "middle_name", "family_name", "full_name", "birth_date", "email", "email2", "phone", "phone2",
    "street", "city", "postal_code", "country", "loyalty_id", "tax_id", "company_name",
)  # fmt: skip


def _words(column: str) -> str:
    plain = f"regexp_replace(lower(strip_accents({column})), '[^a-z0-9 ]', ' ', 'g')"
    return f"nullif(trim(regexp_replace({plain}, ' +', ' ', 'g')), '')"


def _day(slashed: str) -> str:
    return f"try_strptime(trim(birth_date), ['%Y-%m-%d', '%d.%m.%Y', {slashed}, '%Y%m%d'])"


def _digits(column: str) -> str:
    digits = f"regexp_replace({column}, '[^0-9]', '', 'g')"
    return f"case when length({digits}) >= 7 then right({digits}, 9) end"


def _address(column: str) -> str:
    dummies = "^(test|none|no|na|noemail|nomail|no.?reply|unknown|unbekannt|nobody|kein|keine|aucun|abc|asdf|xxx*)@"
    return f"{column} like '%_@_%._%' and not regexp_matches({column}, '{dummies}')"


def _number(column: str) -> str:
    one_digit = f"replace({column}, left({column}, 1), '') = ''"
    return f"not {one_digit} and {column} not in ('123456789', '234567890', '012345678')"


def _rare(column: str) -> str:
    return f"case when count({column}) over (partition by {column}) <= {SHARED} then {column} end"


def retail(con: Any, path: Path) -> None:
    """Makes the tables ``raw`` (as read) and ``retail`` (cleaned, ``unique_id`` is the row's number in the file)."""
    read(con, path)
    found = {row[0] for row in con.execute("describe raw").fetchall()}
    for name in _COLUMNS:
        if name not in found:
            con.execute(f"alter table raw add column {name} varchar")
    con.execute(f"""
        create table worded as select unique_id,
            {_words("given_name")} g, {_words("family_name")} f, {_words("full_name")} n, {_words("company_name")} c,
            full_name like '%,%' or full_name = upper(full_name) surname_first,
            case when upper(country) in ('US', 'USA', 'UNITED STATES')
                then {_day("'%m/%d/%Y', '%d/%m/%Y', '%m/%d/%y'")}
                else {_day("'%d/%m/%Y', '%m/%d/%Y', '%d/%m/%y'")} end d,
            lower(trim(email)) e1, lower(trim(email2)) e2, {_digits("phone")} p1, {_digits("phone2")} p2,
            {_words("street")} street, {_words("city")} city, {_words("loyalty_id")} loyalty_id,
            upper(regexp_replace(postal_code, '[^A-Za-z0-9]', '', 'g')) z, upper(trim(country)) country,
            upper(regexp_replace(tax_id, '[^A-Za-z0-9]', '', 'g')) tax_id
        from raw""")
    con.execute(f"""
        create table named as select * replace (
            case when g is not null or f is not null or n not like '% %' then g
                when surname_first then regexp_extract(n, '^[^ ]+ (.*)$', 1)
                else regexp_extract(n, '^(.*) [^ ]+$', 1) end as g,
            case when g is not null or f is not null then f
                when surname_first then coalesce(regexp_extract(n, '^([^ ]+)', 1), c)
                else coalesce(regexp_extract(n, '([^ ]+)$', 1), c) end as f,
            case when d between '1901-01-01' and '2020-12-31'
                and count(d) over (partition by d) < greatest(10, count(d) over () / 200)
                then strftime(d, '%Y-%m-%d') end as d,
            case when {_address("e1")} then e1 end as e1, case when {_address("e2")} then e2 end as e2,
            case when {_number("p1")} then p1 end as p1, case when {_number("p2")} then p2 end as p2)
        from worded""")
    con.execute(f"""
        create table retail as select unique_id, g as given_name, f as family_name, d as birth_date,
            coalesce({_rare("e1")}, {_rare("e2")}) as email,
            {_rare("p1")} as phone, {_rare("p2")} as phone2, street, city,
            case when phone is null and phone2 is null then null when phone2 is null then [phone]
                when phone is null then [phone2] else [phone, phone2] end as phones,
            nullif(case when country = 'US' or length(z) = 9 then left(z, 5) else z end, '') as postal_code,
            nullif(regexp_extract(street, '[0-9]+'), '') as house_number, country, loyalty_id,
            nullif(tax_id, '') as tax_id
        from named""")
    con.execute("drop table worded; drop table named")


def read(con: Any, path: Path) -> None:
    """The file as table ``raw`` with texts alone, empty ones null, and ``unique_id``."""
    con.execute(
        "create table raw as select row_number() over () as unique_id, * from read_csv(?, all_varchar = true)",
        [str(path)],
    )
