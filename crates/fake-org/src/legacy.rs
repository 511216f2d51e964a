//! Readable refusals of APIs that the org does not have.

use http::StatusCode;
use serde_json::json;

use crate::call::Call;
use crate::reply::{self, Reply};

/// Answers a call of the SOAP API with a fault.
pub(crate) fn soap() -> Reply {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:sf=\"urn:fault.partner.soap.sforce.com\"><soapenv:Body><soapenv:Fault>\
         <faultcode>sf:FUNCTIONALITY_NOT_ENABLED</faultcode><faultstring>\
         FUNCTIONALITY_NOT_ENABLED: {NO_SOAP}</faultstring></soapenv:Fault></soapenv:Body>\
         </soapenv:Envelope>"
    );
    reply::with_body(StatusCode::INTERNAL_SERVER_ERROR, "text/xml;charset=UTF-8", xml)
}

/// Answers a call of Bulk API 1.0, in the format of its body.
pub(crate) fn bulk_1(call: &Call) -> Reply {
    let status = StatusCode::BAD_REQUEST;
    if call.content_type().as_deref() == Some("application/json") {
        let body = json!({ "exceptionCode": "FeatureNotEnabled", "exceptionMessage": NO_BULK_1 });
        return reply::json(status, &body);
    }
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><error \
         xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\
         <exceptionCode>FeatureNotEnabled</exceptionCode>\
         <exceptionMessage>{NO_BULK_1}</exceptionMessage></error>"
    );
    reply::with_body(status, "application/xml;charset=UTF-8", xml)
}

/// Answers a call of an Apex REST class: the org has no classes that run.
pub(crate) fn apex_rest() -> Reply {
    let error = json!([{ "errorCode": "NOT_FOUND", "message": "Could not find a match for URL" }]);
    reply::json(StatusCode::NOT_FOUND, &error)
}

const NO_SOAP: &str = "this org has no SOAP API, use the REST API";
const NO_BULK_1: &str =
    "this org has no Bulk API 1.0, use Bulk API 2.0 (/services/data/vXX.0/jobs)";
