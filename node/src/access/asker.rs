//! Who asks, and whether a record is for them.

use super::credentials::By;
use crate::api::error::{ApiError, Fault};
use crate::api::reading::ReadError;
use crate::stores::View;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use bencao_access::policy::{self, Reach, Right, Role, Subject};
use bencao_chaincode::mandates::{ReadScope, may_read};
use bencao_chaincode::query;
use bencao_chaincode::registry::OrganisationRecord;
use bencao_chaincode::state::OrgNo;
use bencao_chaincode::transaction::DocumentNumber;
use bencao_genesis::{CalendarDate, OrgId, RegionCode};
use std::sync::Arc;

/// A member as the chain knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Member {
    pub(crate) number: OrgNo,
    pub(crate) id: OrgId,
    pub(crate) roles: Vec<bencao_genesis::Role>,
    pub(crate) region: RegionCode,
}

impl Member {
    pub(crate) fn of(number: OrgNo, record: OrganisationRecord) -> Member {
        Member { number, id: record.id, roles: record.roles, region: record.jurisdiction }
    }

    pub(crate) fn role(&self) -> Role {
        policy::role_of(&self.roles)
    }

    /// Whether it is an authority that answers for this member, as this department if one is named.
    fn answers_for(&self, other: &OrganisationRecord, department: Option<bencao_genesis::Role>) -> bool {
        let subject = Subject { id: &other.id, roles: &other.roles, region: other.jurisdiction };
        let acting = self.roles.iter().copied().filter(|role| department.is_none_or(|d| d == *role));
        policy::answers_for(&acting.collect::<Vec<_>>(), self.region, &subject)
    }
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Asker {
    /// `None`: somebody on loopback at a node without access control.
    role: Option<Role>,
    /// The member that asks, if it is one.
    pub(crate) member: Option<Arc<Member>>,
    /// Whether it runs this node besides.
    operates: bool,
    /// The consent that it names.
    mandate: Option<Arc<(OrgId, DocumentNumber)>>,
    /// How it proved who it is.
    pub(crate) by: Option<Arc<By>>,
}

/// Whom a record concerns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Concern<'a> {
    /// These may see it.
    pub(crate) of: Vec<&'a OrgId>,
    /// An authority that answers for one of these may, too.
    pub(crate) once: Vec<&'a OrgId>,
    /// Who may let others see it.
    pub(crate) owner: Option<&'a OrgId>,
}

impl Asker {
    /// Everybody on loopback at a node without access control.
    pub(crate) fn local() -> Asker {
        Asker { role: None, member: None, operates: false, mandate: None, by: None }
    }

    /// Anybody.
    pub(crate) fn public() -> Asker {
        Asker { role: Some(Role::Public), ..Asker::local() }
    }

    /// Who runs the node.
    pub(crate) fn admin(by: By) -> Asker {
        Asker { role: Some(Role::Admin), by: Some(Arc::new(by)), ..Asker::local() }
    }

    /// A member.
    pub(crate) fn of(member: Member, operates: bool, by: By) -> Asker {
        let role = Some(member.role());
        Asker { role, member: Some(Arc::new(member)), operates, by: Some(Arc::new(by)), ..Asker::local() }
    }

    /// With the consent that it names.
    pub(crate) fn naming(self, mandate: Option<(OrgId, DocumentNumber)>) -> Asker {
        Asker { mandate: mandate.map(Arc::new), ..self }
    }

    /// The name of its role.
    pub(crate) fn role_name(&self) -> &'static str {
        self.role.map_or("local", Role::name)
    }

    /// Whether its questions are entered in the access log.
    pub(crate) fn is_regulator(&self) -> bool {
        self.role == Some(Role::Regulator)
    }

    /// How far its right goes.
    pub(crate) fn reach(&self, right: Right) -> Reach {
        let Some(role) = self.role else { return Reach::All };
        match policy::reach(right, role) {
            Reach::Refused if self.operates => policy::reach(right, Role::Admin),
            reach => reach,
        }
    }

    /// Whether it has the right at all.
    ///
    /// # Errors
    /// `credentials_required`, `forbidden`.
    pub(crate) fn may(&self, right: Right) -> Result<(), ApiError> {
        match (self.reach(right), self.role) {
            (Reach::Refused, Some(Role::Public)) => {
                Err(ApiError::new(Fault::CredentialsRequired).expected(right.name()))
            }
            (Reach::Refused, _) => Err(ApiError::new(Fault::Forbidden).expected(right.name()).actual(self.role_name())),
            _ => Ok(()),
        }
    }

    fn is(&self, id: &OrgId) -> bool {
        self.member.as_ref().is_some_and(|member| member.id == *id)
    }

    /// Whether a record may be shown.
    ///
    /// # Errors
    /// `not_concerned`, `consent_required`, `outside_jurisdiction`, `forbidden`.
    pub(crate) fn check(&self, view: &View, right: Right, concern: &Concern<'_>) -> Result<(), ApiError> {
        self.check_as(view, right, concern, None)
    }

    /// The same for what only one department is told.
    ///
    /// # Errors
    /// As [`Asker::check`].
    pub(crate) fn check_department(
        &self,
        view: &View,
        right: Right,
        concern: &Concern<'_>,
        department: bencao_genesis::Role,
    ) -> Result<(), ApiError> {
        self.check_as(view, right, concern, Some(department))
    }

    fn check_as(
        &self,
        view: &View,
        right: Right,
        concern: &Concern<'_>,
        department: Option<bencao_genesis::Role>,
    ) -> Result<(), ApiError> {
        let concerned = concern.of.iter().any(|id| self.is(id));
        match self.reach(right) {
            Reach::All => Ok(()),
            Reach::Refused => self.may(right),
            _ if concerned => Ok(()),
            Reach::Concerned => Err(ApiError::new(Fault::NotConcerned).actual(self.shown())),
            Reach::Consent => self.consented(view, right, concern.owner),
            Reach::Jurisdiction => {
                for id in concern.of.iter().chain(&concern.once) {
                    if self.answers_for(view, id, department)? {
                        return Ok(());
                    }
                }
                Err(self.outside())
            }
        }
    }

    /// Whether what one member did may be shown, without saying why not.
    pub(crate) fn sees(&self, view: &View, right: Right, who: &[&OrgId]) -> Result<bool, ReadError> {
        match self.reach(right) {
            Reach::All => Ok(true),
            Reach::Refused => Ok(false),
            _ if who.iter().any(|id| self.is(id)) => Ok(true),
            Reach::Concerned | Reach::Consent => Ok(false),
            Reach::Jurisdiction => {
                for id in who {
                    if self.answers_for(view, id, None)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// Whether it is an authority that answers for this member.
    fn answers_for(
        &self,
        view: &View,
        id: &OrgId,
        department: Option<bencao_genesis::Role>,
    ) -> Result<bool, ReadError> {
        let Some(me) = &self.member else { return Ok(false) };
        Ok(query::member(view, id)?.is_some_and(|(_, record)| me.answers_for(&record, department)))
    }

    /// Whether `owner` has consented by the mandate that the asker names.
    ///
    /// # Errors
    /// `consent_required`.
    pub(crate) fn consented(&self, view: &View, right: Right, owner: Option<&OrgId>) -> Result<(), ApiError> {
        let scope = scope_of(right);
        let refused = || {
            let error =
                ApiError::new(Fault::ConsentRequired).at(bencao_access::request::MANDATE).expected(scope.name());
            Err(match owner {
                Some(owner) => error.actual(owner.to_string()),
                None => error,
            })
        };
        let (Some(me), Some(mandate), Some(owner)) = (&self.member, &self.mandate, owner) else { return refused() };
        let (principal, number) = &**mandate;
        if principal != owner {
            return refused();
        }
        let day: CalendarDate = view.record().time.china_date();
        let Some((owner_no, _)) = query::member(view, owner).map_err(ReadError::from)? else { return refused() };
        let allowed = may_read(view, (owner_no, number), me.number, scope, day).map_err(ReadError::from)?;
        if allowed { Ok(()) } else { refused() }
    }

    fn outside(&self) -> ApiError {
        let region = self.member.as_ref().map(|m| m.region.to_string()).unwrap_or_default();
        ApiError::new(Fault::OutsideJurisdiction).actual(region)
    }

    fn shown(&self) -> String {
        self.member.as_ref().map_or_else(|| self.role_name().to_owned(), |m| m.id.to_string())
    }
}

/// What a mandate must let somebody read for a right.
fn scope_of(right: Right) -> ReadScope {
    match right {
        Right::Trace => ReadScope::Stock,
        Right::Lots => ReadScope::Lots,
        Right::Bills => ReadScope::Bills,
        _ => ReadScope::File,
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // The guard puts it there for every request; without one nothing is shown.
        Ok(parts.extensions.get::<Asker>().cloned().unwrap_or_else(Asker::public))
    }
}
