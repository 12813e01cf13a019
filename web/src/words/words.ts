// Words of the ledger as the authority uses them (domain model, states T1 to T19).
export const STATES: Record<string, string> = {
  registered: "已登记",
  assigned: "已交办",
  "plan-submitted": "方案待批",
  "plan-approved": "方案已批",
  rectifying: "整改中",
  "close-requested": "申请销号",
  verified: "市级已核验",
  "verified-province": "省级已核验",
  publicised: "公示中",
  closed: "已销号",
  "spot-check": "抽查复核",
  archived: "已归档",
  voided: "已作废",
};

export const STAGES: Record<string, string> = {
  candidate: "待筛查",
  screened: "已筛查",
  "in-round": "已入轮次",
  pushed: "已推送",
  accepted: "已接收",
  inspecting: "现场核查",
  confirmed: "属实",
  partly: "部分属实",
  unfounded: "不属实",
  duplicate: "重复",
  transferred: "已移交",
  "not-reachable": "无法核查",
  voided: "已作废",
};

export const SEVERITIES: Record<number, string> = { 1: "提示", 2: "一般", 3: "较重", 4: "严重" };

export const KINDS: Record<string, string> = {
  enterprise: "企业",
  source: "监测点",
  feed: "数据源",
  limit: "限值",
  mark: "标记",
  team: "队伍",
};

export const CHANNELS: Record<string, string> = {
  detection: "自动识别",
  complaint: "12369 投诉",
  satellite: "卫星火点",
  "hot-area": "热点网格",
  patrol: "巡查",
};

/** The word for a code; a code without one is shown as it is, never hidden. */
export function word(words: Record<string | number, string>, code: string | number): string {
  return words[code] ?? String(code);
}
