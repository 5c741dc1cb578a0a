//! Which columns a snapshot has: what the rules of a pack read.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use catalogue::Pack;
use rules::Ty;
use rules::combine::Side;
use rules::schema::{Entity, Type};
use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Yes or no.
    Truth,
    /// A whole number, or money in minor units.
    Whole {
        /// Whether it counts something and is never below 0.
        counts: bool,
    },
    /// A decimal with up to six places.
    Decimal {
        /// Whether it counts something and is never below 0.
        counts: bool,
    },
    /// A civil date.
    Date,
    /// A text.
    Text,
    /// The place of a code in the list.
    Code {
        /// The list's id in the pack.
        list: String,
        /// Its codes, in order.
        codes: Vec<String>,
    },
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The item, or the definition that may be stated.
    pub item: String,
    /// What it holds.
    #[serde(flatten)]
    pub kind: Kind,
}

/// All columns of a snapshot, and what its numbers stand for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Columns of the household.
    pub household: Vec<Column>,
    /// Columns of a person.
    pub person: Vec<Column>,
    /// Ids of places; households and awards name them by number.
    pub places: Vec<String>,
    /// Ids of programmes; awards name them by number.
    pub programmes: Vec<String>,
}

impl Kind {
    fn of(ty: &Type, pack: &Pack) -> Kind {
        let counts = Ty::of(ty).counts();
        match ty {
            Type::Boolean => Kind::Truth,
            Type::Integer(_) | Type::Money(_) => Kind::Whole { counts },
            Type::Decimal(_) | Type::Ratio => Kind::Decimal { counts },
            Type::Date => Kind::Date,
            Type::Text => Kind::Text,
            Type::Code(list) => {
                let codes = pack.program().layout().list(list).iter().map(ToString::to_string).collect();
                Kind::Code { list: list.to_string(), codes }
            }
        }
    }

    pub(crate) fn data_type(&self) -> DataType {
        match self {
            Kind::Truth => DataType::Boolean,
            Kind::Whole { .. } => DataType::Int64,
            Kind::Decimal { .. } => DataType::Decimal64(18, 6),
            Kind::Date => DataType::Date32,
            Kind::Text => DataType::Utf8,
            Kind::Code { .. } => DataType::UInt16,
        }
    }

    /// In words, for messages.
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Kind::Truth => "true or false",
            Kind::Whole { .. } => "a whole number",
            Kind::Decimal { .. } => "a decimal with up to six places",
            Kind::Date => "a date",
            Kind::Text => "a text",
            Kind::Code { .. } => "a code of its list",
        }
    }

    /// Whether a column written as `self` can be read as `wanted`: lists of codes may differ, the codes are matched by name.
    pub(crate) fn serves(&self, wanted: &Kind) -> bool {
        match (self, wanted) {
            (Kind::Code { list, .. }, Kind::Code { list: other, .. }) => list == other,
            (Kind::Whole { .. }, Kind::Whole { .. }) | (Kind::Decimal { .. }, Kind::Decimal { .. }) => true,
            (one, other) => one == other,
        }
    }
}

impl Shape {
    /// The columns that the rules of the pack, on whatever day, can read; those that combination rules and findings read
    /// among them.
    pub fn of(pack: &Pack) -> Shape {
        let program = pack.program();
        let roles = &pack.schema().roles;
        let roles = [&roles.birth_date, &roles.death_date, &roles.due_date];
        let sides = pack.combinations().iter().flat_map(|c| c.rule.a.iter().chain(&c.rule.b));
        let mut beside: Vec<(Entity, String)> = sides
            .filter_map(|side| match side {
                Side::Fact { entity, item } => Some((*entity, item.clone())),
                Side::Programme(_) => None,
            })
            .collect();
        beside.extend(roles.into_iter().flatten().map(|item| (Entity::Person, item.to_string())));
        let columns = |entity: Entity| {
            let all = (0_u32..).zip(program.layout().columns(entity));
            let wanted = all.filter(|(n, c)| {
                program.is_read(entity, *n) || beside.iter().any(|(e, item)| *e == entity && *item == *c.id)
            });
            wanted.map(|(_, c)| Column { item: c.id.to_string(), kind: Kind::of(&c.ty, pack) }).collect()
        };
        Shape {
            household: columns(Entity::Household),
            person: columns(Entity::Person),
            places: pack.jurisdictions().iter().map(|j| j.id.clone()).collect(),
            programmes: pack.programmes().iter().map(|p| p.id.clone()).collect(),
        }
    }

    /// The columns of an entity.
    pub fn columns(&self, entity: Entity) -> &[Column] {
        match entity {
            Entity::Household => &self.household,
            Entity::Person => &self.person,
        }
    }

    /// The number of an item's column; `None` when no rule reads it, so that it need not be written. Look it up once, not
    /// for each household.
    pub fn column(&self, entity: Entity, item: &str) -> Option<usize> {
        self.columns(entity).iter().position(|c| c.item == item)
    }

    /// The number of a place.
    pub fn place(&self, id: &str) -> Option<u16> {
        number(&self.places, id)
    }

    /// The number of a programme.
    pub fn programme(&self, id: &str) -> Option<u16> {
        number(&self.programmes, id)
    }

    /// The place of a code in the list of a column.
    pub fn code(&self, entity: Entity, column: usize, code: &str) -> Option<u16> {
        match self.columns(entity).get(column).map(|c| &c.kind) {
            Some(Kind::Code { codes, .. }) => number(codes, code),
            _ => None,
        }
    }

    pub(crate) fn arrow(&self, entity: Entity) -> SchemaRef {
        let list = |name: &str| Field::new(name, list_type(), false);
        let mut fields = vec![Field::new("_key", DataType::FixedSizeBinary(16), false)];
        match entity {
            Entity::Household => {
                fields.push(Field::new("_place", DataType::UInt16, true));
                fields.push(Field::new("_income_fifth", DataType::UInt8, true));
            }
            Entity::Person => {
                fields.push(Field::new("_spouse", DataType::UInt16, true));
                fields.push(list("_parents"));
            }
        }
        fields.push(list("_unknown"));
        fields.push(list("_stale"));
        fields.extend(self.columns(entity).iter().map(|c| Field::new(&c.item, c.kind.data_type(), true)));
        Arc::new(Schema::new(fields))
    }

    /// How many fields stand before the items.
    pub(crate) const BEFORE: usize = 5;
}

/// Lists of small numbers.
pub(crate) fn list_type() -> DataType {
    DataType::List(list_field())
}

pub(crate) fn list_field() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::UInt16, false))
}

/// The columns of awards.
pub(crate) fn awards() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("row", DataType::UInt32, false),
        Field::new("slot", DataType::UInt16, true),
        Field::new("programme", DataType::UInt16, false),
        Field::new("amount", DataType::Int64, true),
        Field::new("per", DataType::UInt8, true),
        Field::new("from", DataType::Date32, false),
        Field::new("until", DataType::Date32, true),
        Field::new("place", DataType::UInt16, true),
    ]))
}

fn number(list: &[String], id: &str) -> Option<u16> {
    list.iter().position(|x| x == id).and_then(|n| u16::try_from(n).ok())
}
