//! `bencao status`.

use crate::access;
use crate::args::{Lang, StatusArgs};
use crate::console::Console;
use crate::failure::{Exit, Failure, Report};
use bencao_client::api::{ApiError, Status};
use std::time::{Duration, Instant};

/// How often a node that starts is asked again.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) fn run(console: &Console, args: &StatusArgs) -> Result<Report, Failure> {
    let client = access::client(console, &args.node)?;
    let deadline = args.wait.map(|wait| Instant::now() + wait);
    let status = loop {
        let answer = client.status();
        let starting = match &answer {
            Ok(status) => !status.ready,
            Err(error) => matches!(error, ApiError::Unreachable { .. }),
        };
        if !starting || deadline.is_none_or(|deadline| Instant::now() >= deadline) {
            break answer?;
        }
        std::thread::sleep(LOOK);
    };
    let json = serde_json::to_value(&status).map_err(|e| Failure::internal(&e))?;
    let exit = if args.wait.is_some() && !status.ready { Exit::Unreachable } else { Exit::Done };
    Ok(Report { json, text: text(console, &status) + &attention(console, &status), exit })
}

/// What needs somebody's attention: a round that lasts, certificates that end, a signer that is away.
fn attention(console: &Console, s: &Status) -> String {
    let mut text = String::new();
    if let Some(c) = s.consensus.as_ref().filter(|c| c.round > 0) {
        let (height, round, missing) = (c.height, c.round, c.prevotes_missing.join(", "));
        text += &match console.lang {
            Lang::Zh => format!("高度 {height} 第 {round} 轮，缺预投票：{missing}\n"),
            Lang::En => format!("height {height} is in round {round}, prevotes missing: {missing}\n"),
        };
    }
    for c in s.certificates.iter().filter(|c| c.warning.is_some()) {
        let (name, until, days) = (&c.name, &c.not_after, c.days_left);
        text += &match console.lang {
            Lang::Zh => format!("证书 {name}：有效期至 {until}（{days} 天）\n"),
            Lang::En => format!("certificate {name}: valid until {until} ({days} days)\n"),
        };
    }
    for k in &s.signers {
        let Some(why) = &k.last_failure else { continue };
        text += &format!("{} {}: {why}\n", console.pick("签名进程", "signer"), k.socket);
    }
    text
}

fn text(console: &Console, s: &Status) -> String {
    let t = &s.totals;
    let yes = |b: bool| match (b, console.lang) {
        (true, Lang::Zh) => "是",
        (false, Lang::Zh) => "否",
        (true, Lang::En) => "yes",
        (false, Lang::En) => "no",
    };
    let finality = s.finality_ms.map(|f| format!("p50 {:.0} ms, p99 {:.0} ms", f.p50, f.p99));
    let finality = finality.unwrap_or_else(|| "-".into());
    match console.lang {
        Lang::Zh => format!(
            "节点 {} ({})  版本 {}\n链 {}  {}\n高度 {}，已认证 {}，出块时间 {}\n状态根 {}\n就绪 {}  参与投票 {}  分叉 {}  已连接 {}  落后 {}  待处理 {}\n\
             累计：区块 {}，单据 {}（生效 {}，拒绝 {}），追溯码 {}，预警 {}\n本节点最终确认：{finality}\n验签路径 {}，SM3 {}\n",
            s.node,
            s.kind,
            s.version,
            s.chain_name,
            s.chain_id,
            s.height,
            s.certified_height,
            s.block_time,
            s.state_root,
            yes(s.ready),
            yes(s.voting),
            yes(s.diverged),
            s.peers_connected,
            s.behind,
            s.pending_transactions,
            t.blocks,
            t.transactions,
            t.applied,
            t.rejected,
            t.codes,
            t.alarms,
            s.crypto.verify,
            s.crypto.sm3,
        ),
        Lang::En => format!(
            "node {} ({})  version {}\nchain {}  {}\nheight {}, certified {}, block time {}\nstate root {}\n\
             ready {}  voting {}  diverged {}  connected {}  behind {}  pending {}\n\
             totals: {} blocks, {} bills ({} applied, {} rejected), {} codes, {} alarms\nfinality at this node: {finality}\n\
             verification path {}, SM3 {}\n",
            s.node,
            s.kind,
            s.version,
            s.chain_name,
            s.chain_id,
            s.height,
            s.certified_height,
            s.block_time,
            s.state_root,
            yes(s.ready),
            yes(s.voting),
            yes(s.diverged),
            s.peers_connected,
            s.behind,
            s.pending_transactions,
            t.blocks,
            t.transactions,
            t.applied,
            t.rejected,
            t.codes,
            t.alarms,
            s.crypto.verify,
            s.crypto.sm3,
        ),
    }
}
