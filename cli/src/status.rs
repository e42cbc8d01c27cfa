//! `bencao status`.

use crate::args::{Lang, NodeArgs};
use crate::console::Console;
use crate::failure::{Failure, Report};
use bencao_client::api::{Client, Status};

pub(crate) fn run(console: &Console, args: &NodeArgs) -> Result<Report, Failure> {
    let status = Client::new(&args.node)?.status()?;
    let json = serde_json::to_value(&status).map_err(|e| Failure::internal(&e))?;
    Ok(Report::done(json, text(console, &status)))
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
